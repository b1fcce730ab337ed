// Protocol 1 of emd_conformance, for a loss in C++17: copy this file and call emd::serve.
#ifndef EMD_PROTOCOL_HPP
#define EMD_PROTOCOL_HPP

#include <algorithm>
#include <charconv>
#include <cmath>
#include <exception>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace emd {

using Row = std::vector<double>;
using Rows = std::vector<Row>;

// One case. A loss that takes labels finds them in `labels`, and `target` is empty.
struct Request {
    std::size_t classes;
    Rows predicted, target;
    Row labels;
};

// A loss throws this to reject its input.
struct Rejected : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Harness {
    std::string name, version;
    std::string capabilities;  // JSON: ["gradient", "off-simplex"]
    std::string declaration;   // JSON: {"computes": "E/C"}
    std::function<Row(const Request&)> loss;
    std::function<Rows(const Request&)> grad;
};

// Reads what Protocol 1 sends: one flat object a line, of strings, numbers and arrays of numbers.
class Line {
  public:
    explicit Line(std::string_view text) : text(text) {}

    // What follows a key and its colon; empty if there is no such key.
    std::string_view value(std::string_view key) const {
        const std::string quoted = '"' + std::string(key) + '"';
        for (std::size_t at = 0; (at = text.find(quoted, at)) != text.npos;) {
            std::string_view rest = text.substr(at += quoted.size());
            rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
            if (!rest.empty() && rest.front() == ':') {
                rest.remove_prefix(1);
                rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
                return rest;
            }
        }
        return {};
    }

    std::string word(std::string_view key) const {
        const std::string_view found = value(key);
        return std::string(found.substr(1, found.find('"', 1) - 1));
    }

    double number(std::string_view key) const { return read(value(key)).front().front(); }

    // [1, 2] is one row, [[1], [2]] are two; an empty array has none. `nested` says which of them it was.
    Rows array(std::string_view key, bool& nested) const {
        const std::string_view found = value(key);
        nested = found.substr(0, 2) == "[[";
        return read(found);
    }

  private:
    static Rows read(std::string_view rest) {
        Rows rows(1);
        int depth = 0;
        while (!rest.empty()) {
            const char c = rest.front();
            if (c == '[') {
                if (++depth == 2 && !rows.back().empty()) rows.emplace_back();
            } else if (c == ']') {
                if (--depth == 0) break;
            } else if (std::string_view("\", ").find(c) == rest.npos) {
                double x{};
                const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), x);  // nan and inf, too
                if (error == std::errc::result_out_of_range) throw std::runtime_error("a number beyond double");
                if (error != std::errc{}) break;
                rows.back().push_back(x);
                rest.remove_prefix(end - rest.data());
                if (depth == 0) break;
                continue;
            }
            rest.remove_prefix(1);
        }
        if (rows.back().empty()) rows.pop_back();
        return rows;
    }

    std::string_view text;
};

inline std::string json(double x) {
    if (std::isnan(x)) return "\"nan\"";
    if (std::isinf(x)) return x > 0 ? "\"inf\"" : "\"-inf\"";
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, x).ptr};  // the shortest that reads back unchanged
}

template <typename T>
std::string json(const std::vector<T>& values) {
    std::string text = "[";
    for (const T& x : values) text += (text.size() > 1 ? "," : "") + json(x);
    return text + "]";
}

inline std::string quoted(std::string_view message) {
    std::string text = "\"";
    for (const char c : message) text += c == '"' || c == '\\' || c < ' ' ? '\'' : c;
    return text + '"';
}

inline Request request(const Line& line) {
    bool nested = false;
    Request result{static_cast<std::size_t>(line.number("classes")), {}, {}, {}};
    result.predicted = line.array("predicted", nested);
    const Rows target = line.array("target", nested);
    if (nested)
        result.target = target;
    else if (!target.empty())
        result.labels = target.front();
    for (const Rows* rows : {&result.predicted, &result.target})
        for (const Row& row : *rows)
            if (row.size() != result.classes) throw Rejected("a row has not as many numbers as there are classes");
    if ((nested ? result.target.size() : result.labels.size()) != result.predicted.size())
        throw Rejected("predicted and target have shapes that do not fit");
    return result;
}

inline std::string answer(const Harness& harness, const Line& line) {
    try {
        if (line.word("want") == "loss") return "{\"loss\": " + json(harness.loss(request(line))) + "}";
        return "{\"grad\": " + json(harness.grad(request(line))) + "}";
    } catch (const Rejected& error) {
        return "{\"rejected\": " + quoted(error.what()) + "}";
    } catch (const std::exception& error) {
        return "{\"error\": " + quoted(error.what()) + "}";
    }
}

// Answers requests until the input ends.
inline void serve(const Harness& harness) {
    for (std::string text; std::getline(std::cin, text);) {
        const Line line(text);
        const std::string type = line.word("type");
        if (type == "stop") return;
        if (type == "start") {
            std::cout << "{\"protocol\": 1, \"name\": " << quoted(harness.name) << ", \"version\": " << quoted(harness.version)
                      << ", \"capabilities\": " << harness.capabilities << ", \"declaration\": " << harness.declaration << "}";
        } else if (type == "echo") {
            bool nested = false;
            const Rows values = line.array("values", nested);
            std::cout << "{\"values\": " << json(values.empty() ? Row{} : values.front()) << "}";
        } else {
            std::cout << answer(harness, line);
        }
        std::cout << std::endl;
    }
}

}  // namespace emd

#endif
