import PluginKit
import Testing

@testable import Control

/// Who may ask what, by what a request says of itself.
struct ControlGateTests {
  private let token = String(repeating: "t", count: 32)
  private let local = IPAddress("10.0.0.5")

  private func identities(_ name: String) -> [Identity] {
    Identity.list(trust: "fleet", uris: [], dnsNames: [name], commonNames: [], spkiSHA256: [UInt8](repeating: 1, count: 32))
  }

  private func gate(_ operators: [String], _ readers: [String] = []) throws -> ControlGate {
    ControlGate(
      rules: ControlRules(
        hosts: ["depot.corp"],
        access: .certificates(operators: try operators.map(IdentityPattern.init), readers: try readers.map(IdentityPattern.init))))
  }

  private var tokens: ControlGate {
    let entries = [
      ControlTokens.Entry(name: "ci", token: token, isReader: false), .init(name: "eyes", token: token + "2", isReader: true),
    ]
    return ControlGate(rules: ControlRules(access: .tokens(ControlTokens(entries))))
  }

  private func status(_ verdict: ControlGate.Verdict) -> Int? {
    if case .refuse(let refusal) = verdict { refusal.status } else { nil }
  }

  @Test func `an operator may do everything, a reader may ask`() throws {
    let gate = try gate(["fleet/dns:ci.corp"], ["fleet/dns:*.corp"])
    for isReading in [true, false] {
      let asked = ControlGate.Asked(isReading: isReading, authority: "depot.corp:6880")
      #expect(gate.judge(asked, identities: identities("ci.corp"), local: local) == .allow(.identity("fleet/dns:ci.corp")))
    }
    let asked = ControlGate.Asked(isReading: true, authority: "10.0.0.5:6880")
    #expect(gate.judge(asked, identities: identities("eyes.corp"), local: local) == .allow(.identity("fleet/dns:eyes.corp")))
    let change = ControlGate.Asked(isReading: false, authority: "10.0.0.5:6880")
    #expect(
      gate.judge(change, identities: identities("eyes.corp"), local: local)
        == .refuse(.init(status: 403, caller: .identity("fleet/dns:eyes.corp"), reason: "it may ask, and change nothing")))
  }

  @Test func `nobody else is let in, and an empty list lets in nobody`() throws {
    let asked = ControlGate.Asked(authority: "depot.corp")
    #expect(status(try gate(["fleet/dns:ci.corp"]).judge(asked, identities: identities("other.corp"), local: local)) == 403)
    #expect(status(try gate(["fleet/dns:ci.corp"]).judge(asked, identities: [], local: local)) == 403)
    #expect(status(try gate([]).judge(asked, identities: identities("ci.corp"), local: local)) == 403)
  }

  @Test func `a token opens, whole and of the right kind`() {
    func judge(_ authorization: String?, isReading: Bool = false) -> ControlGate.Verdict {
      let asked = ControlGate.Asked(isReading: isReading, authority: "127.0.0.1:1", authorization: authorization)
      return tokens.judge(asked, identities: [], local: IPAddress("127.0.0.1"))
    }
    #expect(judge("Bearer \(token)") == .allow(.token("ci")) && judge("bearer \(token)") == .allow(.token("ci")))
    #expect(judge("Bearer \(token)2", isReading: true) == .allow(.token("eyes")))
    #expect(status(judge("Bearer \(token)2")) == 403)
    for wrong in [nil, "", "Bearer", "Bearer ", "Basic \(token)", "Bearer \(token.dropLast())", "Bearer \(token) x", token, "Bearer ci"] {
      #expect(status(judge(wrong)) == 401, "\(wrong ?? "none")")
    }
    let empty = ControlGate(rules: ControlRules(access: .tokens(ControlTokens())))
    #expect(status(empty.judge(.init(authority: "localhost", authorization: "Bearer "), identities: [], local: local)) == 401)
  }

  @Test func `browsers and names that are not ours are turned away before anybody is looked up`() throws {
    let gate = try gate(["fleet/dns:ci.corp"])
    let ours = identities("ci.corp")
    #expect(status(gate.judge(.init(authority: "depot.corp", isOfBrowser: true), identities: ours, local: local)) == 403)
    for name in [nil, "evil.example", "10.0.0.6", ""] {
      #expect(status(gate.judge(.init(authority: name), identities: ours, local: local)) == 421, "\(name ?? "none")")
    }
  }
}
