import OpenSSL

/// The root of an SSL torrent, as `publish` takes it and as a torrent has it.
enum SSLRoot {
  /// The first certificate of a PEM file, as text that is the same however the file is laid out. Exits 66 where there is no such file, 65
  /// where it is no root: libtorrent's peers trust nothing but a certificate that has signed itself and may sign others.
  static func read(_ path: String) throws -> String {
    let bytes: [UInt8]
    do {
      bytes = try TLSFile.read(path).bytes
    } catch {
      throw Failure(.inputMissing, "\(path): \(error)")
    }
    let certificate: Certificate
    do {
      guard let first = try Certificate.all(pem: bytes).first else { throw Failure(.badData, "\(path): holds no PEM certificate") }
      certificate = first
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.badData, "\(path): holds no certificate that can be read: \(error)")
    }
    if let problem = problem(certificate) { throw Failure(.badData, "\(path): \(certificate.subject): \(problem)") }
    return certificate.pem
  }

  /// The subject of the root in a torrent; nil where it is no certificate.
  static func subject(of pem: String) -> String? { (try? Certificate.all(pem: Array(pem.utf8)))?.first?.subject }

  private static func problem(_ certificate: Certificate) -> String? {
    guard certificate.subject == certificate.issuer else {
      return "was signed by \(certificate.issuer), and the root of an SSL torrent has signed itself"
    }
    guard certificate.isAuthority else { return "is not an authority (CA:TRUE), so that it cannot vouch for peers" }
    return certificate.isSelfSigned ? nil : "its signature is not its own"
  }
}
