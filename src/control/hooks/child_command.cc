#include "control/hooks/child_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/fd.h"
#include "config/model/command_words.h"
#include "engine/loop/descriptor.h"

namespace tandem::hooks {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr auto kKillAfter = std::chrono::seconds(2);  // as keepalived does
constexpr const char* kUsualUser = "keepalived_script";

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Looks at `path` and everything above it.
std::optional<std::string> unsafe_part(std::string path) {
  while (true) {
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0) return fmt::format("{}: {}", path, std::strerror(errno));
    if (found.st_uid != 0) return fmt::format("{} belongs to user {}, not to root", path, found.st_uid);
    const bool folder = S_ISDIR(found.st_mode);
    const bool shielded = folder && (found.st_mode & S_ISVTX) != 0;
    const bool others = (found.st_mode & S_IWOTH) != 0;
    const bool group = (found.st_mode & S_IWGRP) != 0 && found.st_gid != 0;
    if (!S_ISLNK(found.st_mode) && !shielded && (others || group)) {
      return fmt::format("{} may be written by {}", path, others ? "everybody" : fmt::format("group {}", found.st_gid));
    }
    if (path == "/") return std::nullopt;
    path = parent_of(path);
  }
}

/// What the child needs, laid out before the fork: behind it only async-signal-safe calls are allowed.
struct Prepared {
  std::vector<char*> arguments;
  const RunAs* as = nullptr;
  bool change_user = false;
};

[[noreturn]] void become(const Prepared& prepared) {
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);  // an ignored signal would stay ignored behind exec
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, fd);
  if (nowhere > STDERR_FILENO) ::close(nowhere);
  if (prepared.change_user && (::setgroups(prepared.as->groups.size(), prepared.as->groups.data()) != 0 ||
                               ::setgid(prepared.as->gid) != 0 || ::setuid(prepared.as->uid) != 0)) {
    ::_exit(126);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // a change of user clears it
  ::execv(prepared.arguments.front(), prepared.arguments.data());
  ::_exit(127);
}

/// A running child; its destruction kills the group.
class Child {
 public:
  static Result<std::unique_ptr<Child>> start(ChildCommand& command) {
    Prepared prepared;
    for (std::string& word : command.words) prepared.arguments.push_back(word.data());
    prepared.arguments.push_back(nullptr);
    prepared.as = &command.as;
    prepared.change_user = ::geteuid() == 0 && (command.as.uid != 0 || command.as.gid != 0);
    const pid_t pid = ::fork();
    if (pid < 0) return Error::from_errno(errno, "fork");
    if (pid == 0) become(prepared);
    ::setpgid(pid, pid);  // whoever is first
    std::unique_ptr<Child> child(new Child(pid));
    Result<base::Fd> ends = base::watch_child(pid);
    if (!ends) return std::move(ends.error());
    child->watch_ = std::make_unique<loop::Descriptor>(ends->release());
    return child;
  }
  ~Child() {
    if (reaped_) return;
    signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  loop::Descriptor& watch() { return *watch_; }
  void signal(int number) const { ::kill(-pid_, number); }
  int reap() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    reaped_ = true;
    return status;
  }

 private:
  explicit Child(pid_t pid) : pid_(pid) {}
  std::unique_ptr<loop::Descriptor> watch_;
  pid_t pid_;
  bool reaped_ = false;
};

CommandEnd end_of(int status) {
  if (WIFSIGNALED(status))
    return {.good = false, .text = fmt::format("signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)))};
  const int code = WEXITSTATUS(status);
  return {.good = code == 0, .text = fmt::format("exit status {}", code)};
}

}  // namespace

Result<RunAs> run_as(std::string_view user) {
  const std::size_t colon = std::min(user.find(':'), user.size());
  std::string name(user.substr(0, colon));
  if (name.empty() && ::geteuid() == 0 && ::getpwnam(kUsualUser) != nullptr) name = kUsualUser;
  if (name.empty()) return RunAs{.uid = ::geteuid(), .gid = ::getegid(), .groups = {}};
  const passwd* found = ::getpwnam(name.c_str());
  if (found == nullptr) return Error(ErrorKind::kNotFound, fmt::format("there is no user \"{}\"", name));
  RunAs as{.uid = found->pw_uid, .gid = found->pw_gid, .groups = {}};
  if (colon + 1 < user.size()) {
    const std::string group_name(user.substr(colon + 1));
    const group* group_found = ::getgrnam(group_name.c_str());
    if (group_found == nullptr) return Error(ErrorKind::kNotFound, fmt::format("there is no group \"{}\"", group_name));
    as.gid = group_found->gr_gid;
  }
  if (::geteuid() != 0 && as.uid != ::geteuid())
    return Error(ErrorKind::kRefused, fmt::format("only root may run commands as \"{}\"", name));
  int count = 64;
  as.groups.resize(static_cast<std::size_t>(count));
  if (::getgrouplist(name.c_str(), as.gid, as.groups.data(), &count) < 0) {
    as.groups.resize(static_cast<std::size_t>(count));
    ::getgrouplist(name.c_str(), as.gid, as.groups.data(), &count);
  }
  as.groups.resize(static_cast<std::size_t>(count));
  return as;
}

std::optional<std::string> unsafe_for_root(const std::string& path) {
  if (auto part = unsafe_part(path)) return part;
  std::array<char, PATH_MAX> real{};
  if (::realpath(path.c_str(), real.data()) == nullptr) return fmt::format("{}: {}", path, std::strerror(errno));
  return path == real.data() ? std::nullopt : unsafe_part(real.data());
}

Result<ChildCommand> make_command(std::string_view text, const std::string& user, const CommandRules& rules) {
  auto words = model::command_words(text);
  if (!words) return std::move(words.error());
  auto as = run_as(user.empty() ? rules.user : user);
  if (!as) return std::move(as.error());
  const std::string path = words->front();
  if (!path.starts_with('/')) return Error(ErrorKind::kInvalid, fmt::format("\"{}\" is no absolute path", path));
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return Error::from_errno(errno, path);
  if (!S_ISREG(found.st_mode) || (found.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
    return Error(ErrorKind::kInvalid, fmt::format("{} is no program", path));
  if (rules.security && as->uid == 0) {
    if (const auto reason = unsafe_for_root(path))
      return Error(ErrorKind::kRefused, fmt::format("{} would run as root, and {}", path, *reason));
  }
  return ChildCommand{.words = std::move(*words), .as = std::move(*as), .security = rules.security, .timeout = {}};
}

loop::Task<CommandEnd> run_command(ChildCommand command) {
  // Again at each run: it may have been made replaceable since.
  if (command.security && command.as.uid == 0) {
    if (const auto reason = unsafe_for_root(command.words.front()))
      co_return CommandEnd{.good = false, .text = "refused: " + *reason};
  }
  auto started = Child::start(command);
  if (!started) co_return CommandEnd{.good = false, .text = "cannot be started: " + started.error().text()};
  Child& child = **started;
  const auto limit = command.timeout.count() > 0 ? loop::Loop::current().now() + command.timeout : loop::kNever;
  const loop::Wake first = co_await child.watch().readable(limit);
  if (first == loop::Wake::kReady) {
    CommandEnd end = end_of(child.reap());
    if (end.text == "exit status 127") end.text += " (it cannot be run)";
    co_return end;
  }
  child.signal(SIGTERM);
  const loop::Wake second = co_await child.watch().readable(loop::Loop::current().now() + kKillAfter);
  child.signal(SIGKILL);  // those of the group that stayed behind as well
  if (second == loop::Wake::kTimeout) (void)co_await child.watch().readable(loop::kNever);
  child.reap();
  co_return CommandEnd{.good = false,
                       .text = fmt::format("took longer than {} ms", command.timeout / std::chrono::milliseconds(1))};
}

}  // namespace tandem::hooks
