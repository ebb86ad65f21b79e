import ArgumentParser
import Foundation
import Metainfo

/// A node with one small artifact, whose peers come with a certificate, a secret, or both.
struct AdmittingNode {
  let port: Int
  /// Certificate, key, info-hash, key id and secret, as the client takes them.
  let peer: [String]
  private let process: Process

  var pid: Int32 { process.processIdentifier }

  private static let secret = String(repeating: "5a", count: 32)

  init(_ granary: String, below folder: String, isSecure: Bool, asksForProof: Bool) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let certificates = folder + "/certificates"
    try ChildProcess.run(["sh", CompiledProgram.resource("certificates.sh"), certificates])
    port = TLSSeeder.freePort()
    let (configuration, keys) = (folder + "/granary.yaml", folder + "/auth.yaml")
    try Data("keys: [{ id: bench, secret: \(Self.secret) }]\n".utf8).write(to: URL(fileURLWithPath: keys))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
    try Data(Self.text(folder, certificates, port, isSecure, asksForProof).utf8).write(to: URL(fileURLWithPath: configuration))
    let hash = try RefusingNode.publish(granary, folder, configuration, "open")
    process = try TLSNode.start(granary, configuration)
    let link = isSecure ? [certificates + "/good.crt", certificates + "/good.key"] : ["-", "-"]
    peer = link + [hash, "bench", Self.secret]
  }

  func stop() { ChildProcess.stop(process) }

  private static func text(_ folder: String, _ certificates: String, _ port: Int, _ isSecure: Bool, _ asksForProof: Bool) -> String {
    let head = """
      node: { state: "\(folder)/state" }
      artifacts: { roots: ["\(folder)"] }
      limits: { per-address: 4000, handshakes: 2000 }

      """
    let link =
      isSecure
      ? """
      listen: [{ address: "127.0.0.1:\(port)", tls: fleet }]
      tls:
        fleet:
          certificate: "\(certificates)/node.crt"
          key: "\(certificates)/node.key"
          trust: "\(certificates)/ca.crt"
          revoked: "\(certificates)/revoked.pem"

      """ : "listen: [{ address: \"127.0.0.1:\(port)\" }]\n"
    let who = isSecure ? "identities: [\"fleet/spiffe://bench/peer/*\"]" : "addresses: [127.0.0.0/8]"
    let keys = "keys: \"\(folder)/auth.yaml\", requires: \(isSecure ? "tls" : "none")"
    let auth = asksForProof ? "  - auth: { \(keys) }\n" : ""
    return head + link + "pipeline:\n  - allowlist: { \(who) }\n" + auth + "  - gate: { on_request: [{}] }\n"
  }
}
