// The one place in the library that knows nlohmann/json.
#include "base/json.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/printable.h"

namespace heapbump {
namespace {

// Writes a value as nlohmann::json's dump does, without making one of its values first: records are written
// and compared several times for each module, and that was most of what a small one cost.
class Printer {
 public:
  explicit Printer(int indent) : indent_(indent) {}

  void print(const Json& value, int depth = 0) {
    if (const auto* b = value.as_bool()) {
      out_ += *b ? "true" : "false";
    } else if (const auto* i = value.as_integer()) {
      out_ += std::to_string(*i);
    } else if (const auto* s = value.as_string()) {
      print_string(*s);
    } else if (const auto* array = value.as_array()) {
      list(*array, '[', ']', depth, [&](const Json& element) { print(element, depth + 1); });
    } else if (const auto* object = value.as_object()) {
      list(*object, '{', '}', depth, [&](const auto& member) {
        print_string(member.first);
        out_ += indent_ < 0 ? ":" : ": ";
        print(member.second, depth + 1);
      });
    } else {
      out_ += "null";
    }
  }
  std::string take() { return std::move(out_); }

 private:
  template <typename List, typename PrintElement>
  void list(const List& elements, char open, char close, int depth, PrintElement print_element) {
    out_ += open;
    bool first = true;
    for (const auto& element : elements) {
      if (!first) out_ += ',';
      first = false;
      line(depth + 1);
      print_element(element);
    }
    if (!first) line(depth);
    out_ += close;
  }
  void line(int depth) {
    if (indent_ < 0) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(indent_) * static_cast<std::size_t>(depth), ' ');
  }
  void print_string(const std::string& text) {
    const auto plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
    if (!std::ranges::all_of(text, plain)) {
      out_ +=
          printable_json(nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
      return;
    }
    out_ += '"';
    out_ += text;
    out_ += '"';
  }

  int indent_;
  std::string out_;
};

// Builds our value straight from the parser's events, so that depth and duplicate keys are checked as they
// come.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::optional<Error> error;
  Json root;

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(std::int64_t{value})); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max()))
      return refuse("a number is too large");
    return add(Json(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t, const string_t&) override { return refuse("numbers must be integers"); }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t&) override { return refuse("binary values are not JSON"); }
  bool start_object(std::size_t) override { return open(Json(Json::Object{})); }
  bool key(string_t& value) override {
    if (open_.back().value.find(value) != nullptr)
      return refuse("the key \"" + value.substr(0, 64) + "\" occurs twice");
    open_.back().key = std::move(value);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    if (!error)
      error = Error{Code::kBadJson, "the document is not valid JSON", position == 0 ? 0 : position - 1};
    return false;
  }

 private:
  struct Open {
    Json value;
    std::string key;
  };

  bool refuse(std::string message) {
    error = Error{Code::kBadJson, std::move(message), std::nullopt};
    return false;
  }
  bool open(Json value) {
    if (open_.size() >= static_cast<std::size_t>(kMaxJsonDepth))
      return refuse("the document is nested too deeply");
    open_.push_back({std::move(value), {}});
    return true;
  }
  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }
  bool add(Json value) {
    if (++values_ > kMaxJsonValues) return refuse("the document holds more than 200000 values");
    if (open_.empty()) {
      root = std::move(value);
    } else if (open_.back().value.as_array() != nullptr) {
      open_.back().value.push_back(std::move(value));
    } else {
      open_.back().value[open_.back().key] = std::move(value);
    }
    return true;
  }

  std::vector<Open> open_;
  std::size_t values_ = 0;
};

}  // namespace

const Json* Json::find(std::string_view key) const {
  const Object* object = as_object();
  if (object == nullptr) return nullptr;
  const auto found = object->find(key);
  return found == object->end() ? nullptr : &found->second;
}

Json& Json::operator[](std::string key) {
  if (is_null()) value_ = Object{};
  return std::get<Object>(value_)[std::move(key)];
}

// Defaulted in the class, clang 19 would ask whether a Json may be moved as plain bytes before the class is
// complete, believe that it may, and libc++ would break the maps in a vector that grows.
bool Json::operator==(const Json& other) const = default;

void Json::push_back(Json element) {
  if (is_null()) value_ = Array{};
  std::get<Array>(value_).push_back(std::move(element));
}

std::string Json::dump(int indent) const {
  Printer printer(indent);
  printer.print(*this);
  return printer.take();
}

Result<Json> parse_json(std::string_view text) {
  if (text.size() > kMaxJsonBytes) return fail(Code::kBadJson, "the document is larger than 4 MiB");
  Builder builder;
  const bool parsed = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  if (builder.error) return std::unexpected(*std::move(builder.error));
  if (!parsed) return fail(Code::kBadJson, "the document is not valid JSON");
  return std::move(builder.root);
}

}  // namespace heapbump
