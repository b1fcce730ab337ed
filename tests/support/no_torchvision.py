"""torchmetrics without torchvision: it imports it if it is installed, and its build may not fit that of PyTorch."""

import sys
from importlib import metadata


def hide_torchvision() -> None:
    """Let torchvision seem not to be installed. These tests need it for nothing."""
    installed = metadata.version

    def version(distribution_name: str) -> str:
        if distribution_name == "torchvision":
            raise metadata.PackageNotFoundError(distribution_name)
        return installed(distribution_name)

    metadata.version = version
    sys.modules["torchvision"] = None  # type: ignore[assignment]
