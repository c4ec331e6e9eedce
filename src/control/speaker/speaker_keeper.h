#pragma once

// A keeper: a child of a supervisor that starts anew, which goes on with the VRRP thread's work (adverts, leases,
// decisions) until the next program is ready for it, so that no advert is missing however long that takes. It holds
// what it got for ten seconds at most, and lets go at once when the supervisor dies. Supervisor's main thread.

#include "base/fd.h"
#include "base/result.h"
#include "control/speaker/resumption.h"

namespace tandem::speaker {

struct Keeper {
  int pid = -1;   ///< a child of this process, whatever program that becomes
  base::Fd line;  ///< towards it; its end is the end of the keeper
};

/// What the next program says to it.
inline constexpr char kTakeOver = 'T';

/// Ends the keeper, which leaves everything in the kernel as it is. Blocks for a second at most. Errors: it has gone,
/// or does not answer (then it is killed, and what it held ends with its lease).
base::Result<Resumption> take_over(const Keeper& keeper);
/// After that, when there is time: the process ends.
void reap(const Keeper& keeper);

/// While it exists the calling thread runs before all ordinary ones, where that is allowed: between two processes
/// nobody speaks VRRP.
class Hurry {
 public:
  Hurry();
  ~Hurry();
  Hurry(const Hurry&) = delete;
  Hurry& operator=(const Hurry&) = delete;
};

}  // namespace tandem::speaker
