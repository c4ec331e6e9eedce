#include "app/supervisor/in_place_restart.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "control/ha/channel.h"

namespace tandem::supervisor {
namespace {

using base::Error;
using base::ErrorKind;
using base::Fd;
using base::Result;
using boost::json::array;
using boost::json::object;
using boost::json::value;

// One program's numbers are only good for the next one when both mean the same by them.
constexpr std::int64_t kForm = 1;

value number_of(const Fd& descriptor) { return descriptor ? descriptor.get() : -1; }

object to_json(const LeftProxy& proxy) {
  return {{"pid", proxy.pid}, {"channel", number_of(proxy.channel)}, {"page", number_of(proxy.page)}};
}

object to_json(const Inheritance& left) {
  object sockets;
  for (const auto& [name, opened] : left.sockets) {
    array& numbers = (sockets[name] = array()).get_array();
    for (const Fd& socket : opened) numbers.push_back(number_of(socket));
  }
  array draining;
  for (const LeftProxy& proxy : left.draining) draining.push_back(to_json(proxy));
  object out{{"form", kForm},
             {"sockets", std::move(sockets)},
             {"workers", left.workers},
             {"healthPath", left.health_path},
             {"draining", std::move(draining)},
             {"keeper", left.pair->keeper.pid},
             {"keeperLine", number_of(left.pair->keeper.line)},
             {"maintenance", left.pair->maintenance},
             {"ticketKeys", boost::json::value_from(left.pair->ticket_keys)}};
  if (left.proxy) out["proxy"] = to_json(*left.proxy);
  return out;
}

/// Takes over an open descriptor; empty for -1. From now on it closes on exec, as all others.
Fd take(const value& number) {
  const int fd = number.to_number<int>();
  if (fd >= 0) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return Fd(fd);
}

LeftProxy proxy_of(const object& from) {
  return {.pid = from.at("pid").to_number<int>(), .channel = take(from.at("channel")), .page = take(from.at("page"))};
}

/// Throws what Boost.JSON throws when something is missing.
Result<Inheritance> inheritance_of(const object& from) {
  if (from.at("form").to_number<std::int64_t>() != kForm) {
    return Error(ErrorKind::kProtocol, "the program before leaves it in another form");
  }
  Inheritance out;
  out.workers = from.at("workers").to_number<std::size_t>();
  out.health_path = from.at("healthPath").as_string();
  for (const auto& [name, numbers] : from.at("sockets").as_object()) {
    std::vector<Fd>& sockets = out.sockets[std::string(name)];
    for (const value& number : numbers.as_array()) sockets.push_back(take(number));
  }
  if (const value* const proxy = from.if_contains("proxy")) out.proxy = proxy_of(proxy->as_object());
  for (const value& proxy : from.at("draining").as_array()) out.draining.push_back(proxy_of(proxy.as_object()));
  out.pair = ha::Pair::Left{.keeper = {.pid = from.at("keeper").to_number<int>(), .line = take(from.at("keeperLine"))},
                            .maintenance = from.at("maintenance").as_bool()};
  if (const value* const keys = from.if_contains("ticketKeys")) {
    out.pair->ticket_keys = boost::json::value_to<ha::TicketSharing::Keys>(*keys);
  }
  return out;
}

Result<Inheritance> read(const Fd& file) {
  const Result<std::string> text = ha::read_memory_file(file);
  if (!text) return text.error();
  try {
    return inheritance_of(boost::json::parse(*text).as_object());
  } catch (const std::exception& wrong) {
    return Error(ErrorKind::kProtocol, wrong.what());
  }
}

void keep_open(const Fd& descriptor) {
  if (descriptor) ::fcntl(descriptor.get(), F_SETFD, 0);
}

void keep_open(const LeftProxy& proxy) {
  keep_open(proxy.channel);
  keep_open(proxy.page);
}

}  // namespace

Result<std::optional<Inheritance>> take_inheritance() {
  const Result<std::optional<Fd>> numbers = base::take_inherited_descriptor(kRestartVariable);
  if (!numbers) return numbers.error();
  if (!*numbers) return std::optional<Inheritance>();
  Result<Inheritance> left = read(**numbers);
  if (!left) return std::move(left.error()).wrapped("taking over from the program before");
  return std::optional(std::move(*left));
}

Result<std::string> program_file() {
  std::error_code failed;
  std::string path = std::filesystem::read_symlink("/proc/self/exe", failed).string();
  if (failed) return Error(ErrorKind::kInternal, "the program's file cannot be told: " + failed.message());
  // The kernel's word for a file that was replaced.
  constexpr std::string_view kReplaced = " (deleted)";
  if (path.ends_with(kReplaced)) path.resize(path.size() - kReplaced.size());
  return path;
}

Error start_anew(const std::string& file, const std::vector<std::string>& arguments, const Inheritance& left) {
  const Result<Fd> numbers = ha::memory_file("tandem-restart", boost::json::serialize(to_json(left)));
  if (!numbers) return numbers.error();
  keep_open(*numbers);
  for (const auto& [name, sockets] : left.sockets) {
    for (const Fd& socket : sockets) keep_open(socket);
  }
  if (left.pair) keep_open(left.pair->keeper.line);
  if (left.proxy) keep_open(*left.proxy);
  for (const LeftProxy& proxy : left.draining) keep_open(proxy);
  ::setenv(kRestartVariable, std::to_string(numbers->get()).c_str(), 1);
  std::vector<std::string> words{"tandem"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execve(file.c_str(), pointers.data(), environ);
  return Error::from_errno(errno, "starting " + file);
}

}  // namespace tandem::supervisor
