#include "app/supervisor/proxy_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace tandem::supervisor {
namespace {

using base::Error;
using base::Fd;
using base::Result;

Result<void> send_with_file(ha::Channel& channel, const boost::json::object& body, Fd file) {
  std::vector<Fd> files;
  files.push_back(std::move(file));
  return channel.send(body, files);
}

/// All that the proxy waits for before it begins.
Result<void> hand_over(ha::Channel& channel, const ProxyStart& with, const ha::SharedHealthPage& page) {
  if (with.file) {
    Result<Fd> text = ha::memory_file("tandem-configuration", with.file->text);
    if (!text) return std::move(text.error());
    Result<void> sent = send_with_file(channel, {{"type", "file"}, {"path", with.file->path}}, std::move(*text));
    if (!sent) return sent;
  }
  Result<void> sent = send_with_file(
      channel, {{"type", "health"}, {"workers", with.workers}, {"path", with.health_path}}, page.file().duplicate());
  if (!sent) return sent;
  sent = channel.send({{"type", "addresses"}, {"addresses", speaker::to_json(with.addresses)}});
  if (!sent) return sent;
  for (const auto& [name, sockets] : with.sockets) {
    Result<void> listener = channel.send({{"type", "listener"}, {"entryPoint", name}}, sockets);
    if (!listener) return listener;
  }
  return channel.send({{"type", "begin"}});
}

/// Between fork and exec, where only async-signal-safe calls are allowed.
[[noreturn]] void become_proxy(pid_t supervisor, char* const* arguments, char* const* environment) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != supervisor) ::_exit(1);  // it went before the line above
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve("/proc/self/exe", arguments, environment);
  ::_exit(127);
}

}  // namespace

Result<std::unique_ptr<ProxyProcess>> ProxyProcess::start(const ProxyStart& with) {
  std::unique_ptr<ProxyProcess> process(new ProxyProcess);
  auto ends = ha::Channel::make_pair();
  if (!ends) return std::move(ends.error());
  auto page = ha::SharedHealthPage::make();
  if (!page) return std::move(page.error());
  process->page_ = std::move(*page);
  process->channel_ = std::make_unique<ha::Channel>(std::move((*ends)[0]));

  std::vector<std::string> words{"tandem"};
  words.insert(words.end(), with.arguments.begin(), with.arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::string variable = fmt::format("{}={}", app::kSupervisorVariable, (*ends)[1].get());
  std::vector<char*> environment{variable.data()};
  for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  environment.push_back(nullptr);

  const pid_t self = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return Error::from_errno(errno, "starting the proxy");
  if (pid == 0) become_proxy(self, arguments.data(), environment.data());
  process->pid_ = pid;
  (*ends)[1].reset();
  if (Result<void> watched = process->watch(); !watched) return std::move(watched.error());
  if (Result<void> sent = hand_over(*process->channel_, with, process->page_); !sent) return std::move(sent.error());
  return process;
}

Result<std::unique_ptr<ProxyProcess>> ProxyProcess::adopt(LeftProxy left) {
  std::unique_ptr<ProxyProcess> process(new ProxyProcess);
  process->pid_ = left.pid;
  if (Result<void> watched = process->watch(); !watched) return std::move(watched.error());
  process->channel_ = std::make_unique<ha::Channel>(std::move(left.channel));
  auto page = ha::SharedHealthPage::open(std::move(left.page));
  if (!page) return std::move(page.error());
  process->page_ = std::move(*page);
  return process;
}

Result<void> ProxyProcess::watch() {
  Result<Fd> ends = base::watch_child(pid_);
  if (!ends) return std::move(ends.error());
  watch_ = std::make_unique<loop::Descriptor>(ends->release());
  return {};
}

LeftProxy ProxyProcess::left() const {
  return {.pid = pid_, .channel = Fd(::fcntl(channel_->fd(), F_DUPFD_CLOEXEC, 0)), .page = page_.file().duplicate()};
}

ProxyProcess::~ProxyProcess() {
  if (pid_ < 0 || reaped_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void ProxyProcess::signal(int number) const {
  if (!reaped_) ::kill(pid_, number);
}

loop::Task<void> ProxyProcess::ended() {
  (void)co_await watch_->readable(loop::kNever);
  if (!std::exchange(reaped_, true)) ::waitpid(pid_, &wait_status_, 0);
}

bool ProxyProcess::has_ended() {
  if (!reaped_) reaped_ = ::waitpid(pid_, &wait_status_, WNOHANG) == pid_;
  return reaped_;
}

std::string ProxyProcess::end_text() const {
  if (!WIFSIGNALED(wait_status_)) return fmt::format("exit status {}", WEXITSTATUS(wait_status_));
  const int number = WTERMSIG(wait_status_);
  return fmt::format("signal {} ({})", number, ::strsignal(number));
}

int ProxyProcess::exit_status() const {
  constexpr int kSignalled = 128;
  return WIFSIGNALED(wait_status_) ? kSignalled + WTERMSIG(wait_status_) : WEXITSTATUS(wait_status_);
}

}  // namespace tandem::supervisor
