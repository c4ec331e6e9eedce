// The dynamic configuration's codec, with the TCP and UDP objects one by one for the API.

#include "config/format/decode_impl.h"
#include "config/model/dynamic_configuration.h"

TANDEM_FORMAT_INSTANTIATE(tandem::model::DynamicConfiguration)
TANDEM_FORMAT_INSTANTIATE(tandem::model::TcpRouter)
TANDEM_FORMAT_INSTANTIATE(tandem::model::TcpService)
TANDEM_FORMAT_INSTANTIATE(tandem::model::TcpMiddleware)
TANDEM_FORMAT_INSTANTIATE(tandem::model::UdpRouter)
TANDEM_FORMAT_INSTANTIATE(tandem::model::UdpService)
