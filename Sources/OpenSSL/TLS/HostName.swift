import COpenSSL

/// The rule for the host in an https URL (RFC 6125, RFC 9110 section 4.3.4): a DNS name or an IP address among the certificate's alternative
/// names. A wildcard stands for one whole label. The common name does not count.
package enum HostName {
  /// - Parameter host: a DNS name, or an address without brackets.
  package static func fits(_ certificate: Certificate, _ host: String) -> Bool {
    ERR_clear_error()
    defer { ERR_clear_error() }
    let flags = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
    if X509_check_ip_asc(certificate.pointer, host, flags) == 1 { return true }
    return X509_check_host(certificate.pointer, host, host.utf8.count, flags, nil) == 1
  }
}
