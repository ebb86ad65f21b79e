import OpenSSL
import Settings

extension TLSLoader {
  /// The node's certificate with its key, both fit for use now; nil with a fault for each reason why not. `key` is the entry's: `tls.fleet`.
  mutating func credentials(_ settings: TLSSettings.Credentials, _ key: String) -> Credentials? {
    let before = faults.count
    let chain = chain(settings.certificate, key + ".certificate")
    let own = privateKey(settings.key, key + ".key")
    guard let chain, let leaf = chain.first, let own else { return nil }
    guard own.matches(leaf) else {
      fault(settings.key, key + ".key", "is not the key of \(leaf.subject) in \(settings.certificate.path)")
      return nil
    }
    guard faults.count == before else { return nil }
    do {
      return try Credentials(chain: chain, key: own)
    } catch {
      fault(settings.certificate, key + ".certificate", "\(error)")
      return nil
    }
  }

  private mutating func chain(_ file: TLSSettings.File, _ key: String) -> [Certificate]? {
    guard let chain = parse(file, key, "PEM certificate", { try Certificate.all(pem: $0) }) else { return nil }
    guard !chain.isEmpty else {
      fault(file, key, "holds no PEM certificate")
      return nil
    }
    for certificate in chain {
      if certificate.notAfter < now {
        fault(file, key, "\(certificate.subject) expired at \(Validity.text(certificate.notAfter))")
      } else if certificate.notBefore > now {
        fault(file, key, "\(certificate.subject) is not valid before \(Validity.text(certificate.notBefore))")
      }
    }
    return chain
  }

  private mutating func privateKey(_ file: TLSSettings.File, _ key: String) -> PrivateKey? {
    guard let read = read(file, key) else { return nil }
    if read.mode & 0o007 != 0 {
      fault(file, key, "others on this machine may use this key (mode \(String(read.mode, radix: 8))); chmod 0600")
    } else if read.mode & 0o020 != 0 {
      fault(file, key, "its group may replace this key (mode \(String(read.mode, radix: 8))); chmod g-w")
    } else if read.mode & 0o040 != 0, read.isOpenToOthers {
      remark("\(key): \(file.path): its group may read this key (mode \(String(read.mode, radix: 8)))")
    }
    do {
      return try PrivateKey.parse(pem: read.bytes)
    } catch {
      fault(file, key, "holds no PEM key that can be read without a passphrase: \(error)")
      return nil
    }
  }
}
