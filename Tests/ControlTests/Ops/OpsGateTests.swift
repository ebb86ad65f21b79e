import PluginKit
import Testing

@testable import Control

@Suite struct OpsGateTests {
  private static let local = IPAddress("127.0.0.1")

  private func refusal(
    _ asked: OpsGate.Asked, rules: OpsRules = OpsRules(hosts: ["depot.corp", "10.0.0.7"]), identities: [Identity] = []
  ) -> OpsGate.Refusal? {
    OpsGate(rules: rules).refusal(asked, identities: identities, local: Self.local)
  }

  @Test(arguments: [
    "localhost", "localhost:9464", "LOCALHOST:1", "localhost.", "127.0.0.1", "127.0.0.1:9464", "depot.corp", "Depot.Corp:443", "10.0.0.7:1",
  ])
  func `by its own names and addresses it is asked`(host: String) {
    #expect(refusal(.init(authority: host)) == nil)
  }

  @Test(arguments: [
    nil, "", "evil.example", "evil.example:9464", "depot.corp.evil.example", "127.0.0.2", "[::1]:9464", "localhost@evil.example",
    "localhost:port", "localhost:", ":9464", "localhost:99999999", "127.0.0.1.evil.example", "::1",
  ])
  func `by another name it is not`(host: String?) {
    #expect(refusal(.init(authority: host)) == .host)
  }

  @Test func `an address of version 6 is one with its brackets`() {
    let gate = OpsGate(rules: OpsRules())
    #expect(gate.refusal(.init(authority: "[::1]:9464"), identities: [], local: IPAddress("::1")) == nil)
    #expect(gate.refusal(.init(authority: "[0:0::1]"), identities: [], local: IPAddress("::1")) == nil)
    #expect(gate.refusal(.init(authority: "[::2]:9464"), identities: [], local: IPAddress("::1")) == .host)
    #expect(gate.refusal(.init(authority: "[::1]:9464"), identities: [], local: nil) == .host)
  }

  @Test func `other sites do not ask`() {
    for site in ["cross-site", "same-site", "", "nonsense"] { #expect(refusal(.init(authority: "localhost", site: site)) == .site) }
    for site in ["same-origin", "none"] { #expect(refusal(.init(authority: "localhost", site: site)) == nil) }
    for origin in ["https://evil.example", "null", "http://localhost:1", "http://localhost:9464.evil.example", ""] {
      #expect(refusal(.init(authority: "localhost:9464", origin: origin)) == .site, "\(origin)")
    }
    #expect(refusal(.init(authority: "localhost:9464", origin: "http://localhost:9464")) == nil)
    #expect(refusal(.init(authority: "depot.corp", origin: "https://depot.corp")) == nil)
  }

  @Test func `nothing but reading is done`() {
    #expect(refusal(.init(isReading: false, authority: "localhost")) == .method)
  }

  @Test func `over TLS those read who are listed, and an empty list is nobody`() throws {
    let reader = Identity(trust: "fleet", name: "dns:monitor.corp")
    let listed = OpsRules(identities: [try IdentityPattern("fleet/dns:*.corp")])
    #expect(refusal(.init(authority: "localhost"), rules: listed, identities: [reader]) == nil)
    #expect(refusal(.init(authority: "localhost"), rules: listed) == .reader)
    let foreign = Identity(trust: "other", name: "dns:monitor.corp")
    #expect(refusal(.init(authority: "localhost"), rules: listed, identities: [foreign]) == .reader)
    #expect(refusal(.init(authority: "localhost"), rules: OpsRules(identities: []), identities: [reader]) == .reader)
    // Who may not read learns nothing of names either.
    #expect(refusal(.init(authority: "evil.example"), rules: listed) == .reader)
  }
}
