// A bounds-checked view of a running program's memory. Every address and length comes from the program, so
// each access says whether it was inside; arithmetic is in 64 bits, where two 32-bit values cannot overflow.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace heapbump::run {

class Guest {
 public:
  explicit Guest(std::span<std::byte> memory) : memory_(memory) {}

  [[nodiscard]] std::optional<std::span<std::byte>> range(std::uint64_t address, std::uint64_t size) const {
    if (address > memory_.size() || size > memory_.size() - address) return std::nullopt;
    return memory_.subspan(address, size);
  }
  [[nodiscard]] std::optional<std::string_view> text(std::uint64_t address, std::uint64_t size) const {
    const auto bytes = range(address, size);
    if (!bytes) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
  [[nodiscard]] bool write(std::uint64_t address, std::string_view bytes) const {
    const auto to = range(address, bytes.size());
    if (to && !bytes.empty()) std::memcpy(to->data(), bytes.data(), bytes.size());
    return to.has_value();
  }
  /// Little-endian, whatever the machine.
  template <typename T>
  [[nodiscard]] std::optional<T> load(std::uint64_t address) const {
    const auto from = range(address, sizeof(T));
    if (!from) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;)
      value = value << 8U | std::to_integer<std::uint64_t>((*from)[i]);
    return static_cast<T>(value);
  }
  template <typename T>
  [[nodiscard]] bool store(std::uint64_t address, T value) const {
    const auto to = range(address, sizeof(T));
    if (!to) return false;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      (*to)[i] = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i));
    return true;
  }

 private:
  std::span<std::byte> memory_;
};

}  // namespace heapbump::run
