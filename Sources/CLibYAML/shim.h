// The system's libyaml, as Swift sees it. Only the target Settings imports this.
#pragma once
#include <yaml.h>
