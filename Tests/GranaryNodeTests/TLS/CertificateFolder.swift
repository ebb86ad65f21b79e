import Foundation
import OpenSSL
import Settings
import TestSupport
import Testing

/// Certificates, keys and lists in a folder of the test's own, by the `openssl` program: none of it is ours.
struct CertificateFolder: ~Copyable {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory("tls")
  }

  /// Makes `NAME.pem` and `NAME.key`: an authority that has signed itself, or a certificate that `authority` signs.
  @discardableResult
  func make(
    _ name: String, subject: String? = nil, by authority: String? = nil, isAuthority: Bool = false, dns: String? = nil,
    usage: String? = nil,
    days: Int = 365
  ) throws -> Made {
    try run(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path(name, "key")])
    try run(["req", "-new", "-key", path(name, "key"), "-subj", "/CN=\(subject ?? name)", "-out", path(name, "csr")])
    var extensions = ["basicConstraints=critical,CA:\(isAuthority ? "TRUE" : "FALSE")"]
    if isAuthority { extensions.append("keyUsage=critical,keyCertSign,cRLSign") }
    if let dns { extensions.append("subjectAltName=DNS:\(dns)") }
    if let usage { extensions.append("extendedKeyUsage=\(usage)") }
    let file = try folder.write(Array(extensions.joined(separator: "\n").utf8), to: "\(name).ext")
    let signer =
      authority.map { ["-CA", path($0, "pem"), "-CAkey", path($0, "key"), "-CAcreateserial"] } ?? ["-signkey", path(name, "key")]
    try run(
      ["x509", "-req", "-in", path(name, "csr"), "-days", "\(days)", "-extfile", file, "-out", path(name, "pem")] + signer)
    chmod(path(name, "key"), 0o600)
    return Made(certificate: path(name, "pem"), key: path(name, "key"))
  }

  struct Made {
    let certificate: String
    let key: String
  }

  /// Makes `NAME.crl`: a list of the authority's that is good for so many days.
  @discardableResult
  func revoke(by authority: String, days: Int = 30, _ name: String = "revoked") throws -> String {
    try folder.write([], to: "index.txt")
    let config = "[ca]\ndefault_ca=own\n[own]\ndatabase=\(folder.path("index.txt"))\ndefault_md=sha256\n"
    let file = try folder.write(Array(config.utf8), to: "ca.cnf")
    let output = path(name, "crl")
    try run([
      "ca", "-gencrl", "-config", file, "-cert", path(authority, "pem"), "-keyfile", path(authority, "key"), "-crldays", "\(days)", "-out",
      output,
    ])
    return output
  }

  func path(_ name: String, _ ending: String) -> String { folder.path("\(name).\(ending)") }

  /// Puts the file's content in another's place, as who renews a certificate does it: by a rename.
  func replace(_ path: String, with other: String) throws {
    let aside = path + ".new"
    try FileManager.default.copyItem(atPath: other, toPath: aside)
    guard rename(aside, path) == 0 else { throw CocoaError(.fileWriteUnknown) }
  }

  private func run(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    let output = Pipe()
    (process.standardOutput, process.standardError) = (output, output)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "openssl \(arguments.joined(separator: " ")): \(text)")
  }
}

extension CertificateFolder {
  /// Settings with this `tls`, whose files are in the folder, and a listener for each of its kinds.
  func settings(_ tls: String, listen: [String] = ["tls: fleet"], extra: String = "") throws -> NodeSettings {
    let listeners = listen.map { "{ address: \"127.0.0.1:0\", \($0) }" }.joined(separator: ", ")
    let yaml = "listen: [\(listeners)]\n\(extra)tls:\n\(tls)\n"
    return try NodeSettings.load(
      bytes: Array(yaml.utf8), file: folder.path("node.yaml"), environment: SettingsEnvironment(currentDirectory: folder.path))
  }

  /// An authority `ca`, a certificate `node` of it, and an entry `fleet` of them.
  func fleet(_ more: String = "") throws -> NodeSettings {
    try make("ca", isAuthority: true)
    try make("node", by: "ca")
    return try settings("  fleet: { certificate: node.pem, key: node.key, trust: ca.pem\(more) }")
  }
}
