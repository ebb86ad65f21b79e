/// A node's configuration for a test; `yaml` is the file.
package struct GranaryConfiguration: Sendable {
  /// Where it listens: `ADDRESS:PORT`, IPv6 in brackets. Port 0 picks one.
  package var listen = ["127.0.0.1:0"]
  /// Where it listens with TLS, and by which entry of `tls`.
  package var secureListen: [(address: String, entry: String)] = []
  /// The allowlist's addresses and networks; where there are none and identities are, it is not about addresses.
  package var allow = ["127.0.0.0/8", "::1"]
  /// The allowlist's identities.
  package var identities: [String] = []
  /// The gate's `on_request` rules, each a YAML flow mapping; nil for no gate in the pipeline.
  package var requestRules: [String]?
  /// The settings of `auth`, a YAML flow mapping; nil for no auth in the pipeline.
  package var auth: String?
  /// Whether the exchange plugin is in the pipeline.
  package var isExchanging = false
  /// Further guards after these, each a YAML flow mapping.
  package var guards: [String] = []
  /// Whether the metadata plugin is in the pipeline.
  package var servesMetadata = true
  /// Further lines of the pipeline, behind those of the others.
  package var furtherPlugins: [String] = []
  /// Further top-level lines.
  package var extra: [String] = []

  package init() {}

  /// The file's text.
  package var yaml: String {
    let lines =
      ["node: { name: interop, state: ./state }", "listen:"] + listen.map { "  - address: \"\($0)\"" }
      + secureListen.map { "  - { address: \"\($0.address)\", tls: \($0.entry) }" }
    return (lines + ["artifacts: { roots: [./data] }"] + extra + ["pipeline:"] + pipeline).joined(separator: "\n") + "\n"
  }

  private var pipeline: [String] {
    var entries = ["  - allowlist:"]
    if !allow.isEmpty || identities.isEmpty {
      entries.append("      addresses: [\(allow.map { "\"\($0)\"" }.joined(separator: ", "))]")
    }
    if !identities.isEmpty { entries.append("      identities: [\(identities.map { "\"\($0)\"" }.joined(separator: ", "))]") }
    if let auth { entries.append("  - auth: \(auth)") }
    if let requestRules { entries += ["  - gate:", "      on_request:"] + requestRules.map { "        - \($0)" } }
    entries += guards.map { "  - \($0)" }
    if isExchanging { entries.append("  - exchange") }
    if servesMetadata { entries.append("  - metadata") }
    return entries + furtherPlugins
  }
}
