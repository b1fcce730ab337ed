"""What the site needs beyond Sphinx and its extensions, one idea a file."""
