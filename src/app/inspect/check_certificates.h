#pragma once

// The certificates, keys and authorities that both configurations name, read as the running program reads them: what it
// would log and leave out, `tandem check` tells. Main thread; no state.

#include "app/inspect/dry_run.h"
#include "app/static_configuration.h"

namespace tandem::inspect {

struct CertificateFindings {
  format::Problems errors;    ///< missing files, what is no PEM, keys of other certificates
  format::Problems warnings;  ///< certificates that have expired
};

/// Those of the static configuration.
void check_certificates(const app::StaticLoad& load, CertificateFindings& into);
/// Those of the dynamic configuration.
void check_certificates(const DryRun& run, const Places& places, CertificateFindings& into);

}  // namespace tandem::inspect
