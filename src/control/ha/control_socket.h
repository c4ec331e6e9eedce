#pragma once

// ControlSocket: how commands on the same machine reach the supervisor: a Unix socket that only its user may open, one
// JSON object in a line each way. Belongs to the supervisor's loop.

#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "engine/loop/scope.h"
#include "engine/loop/task.h"

namespace tandem::ha {

class ControlSocket {
 public:
  using Answer = std::function<loop::Task<boost::json::object>(boost::json::object request)>;

  /// Listens at `path`, whose directory is made when it is missing. Errors: another supervisor listens there; the
  /// system's.
  static base::Result<std::unique_ptr<ControlSocket>> listen(std::string path, Answer answer);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

 private:
  ControlSocket(std::string path, base::Fd socket, Answer answer)
      : path_(std::move(path)), socket_(std::move(socket)), answer_(std::move(answer)) {}
  loop::Task<void> accept();
  loop::Task<void> serve(int fd);

  std::string path_;
  base::Fd socket_;
  Answer answer_;
  loop::Scope tasks_;
};

/// Where the supervisor with this state directory listens.
std::string control_socket_path(const std::string& state_directory);

/// For commands: sends `request` and waits for the answer, `milliseconds` at most. Errors: no supervisor listens there;
/// it does not answer.
base::Result<boost::json::object> ask_supervisor(const std::string& path, const boost::json::object& request,
                                                 int milliseconds);

}  // namespace tandem::ha
