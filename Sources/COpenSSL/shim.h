// The system's OpenSSL 3, as Swift sees it. Only the target OpenSSL imports this.
#pragma once
#include <openssl/evp.h>
#include <openssl/err.h>
