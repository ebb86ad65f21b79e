import PluginKit

/// Who may ask what through the control interface at an address, by what a request says of itself. A value.
struct ControlGate: Sendable {
  /// What of a request counts here.
  struct Asked: Sendable, Hashable {
    /// Whether it changes nothing.
    var isReading = true
    /// The Host header.
    var authority: String?
    /// Whether a browser sends it: none has any business here.
    var isOfBrowser = false
    /// The Authorization header.
    var authorization: String?
  }

  enum Verdict: Sendable, Hashable {
    case allow(ControlCaller)
    case refuse(Refusal)
  }

  struct Refusal: Error, Sendable, Hashable {
    /// The HTTP status: all that the asker is told.
    let status: Int
    /// Who it is, as far as that is proven.
    let caller: ControlCaller?
    /// For the journal.
    let reason: String
  }

  let rules: ControlRules

  /// - Parameters:
  ///   - identities: what the link's certificate proves, the strongest first.
  ///   - local: the address of ours that was asked, nil where it is not known.
  func judge(_ asked: Asked, identities: [Identity], local: IPAddress?) -> Verdict {
    if asked.isOfBrowser { return .refuse(Refusal(status: 403, caller: nil, reason: "a browser asks, by another site's page maybe")) }
    guard OpsGate(rules: OpsRules(hosts: rules.hosts)).isAddressed(asked.authority, local: local) else {
      return .refuse(Refusal(status: 421, caller: nil, reason: "it was asked by a name that is not in control.hosts"))
    }
    switch rules.access {
    case .certificates(let operators, let readers): return judge(asked, identities, operators, readers)
    case .tokens(let tokens): return judge(asked, tokens)
    }
  }

  private func judge(
    _ asked: Asked, _ identities: [Identity], _ operators: [IdentityPattern], _ readers: [IdentityPattern]
  ) -> Verdict {
    if let identity = identities.first(where: { identity in operators.contains { $0.matches(identity) } }) {
      return .allow(.identity(identity.description))
    }
    if let identity = identities.first(where: { identity in readers.contains { $0.matches(identity) } }) {
      return reading(asked, .identity(identity.description))
    }
    let caller = identities.first.map { ControlCaller.identity($0.description) }
    return .refuse(Refusal(status: 403, caller: caller, reason: "neither identities nor readers of this address has it"))
  }

  private func judge(_ asked: Asked, _ tokens: ControlTokens) -> Verdict {
    let words = (asked.authorization ?? "").split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bearer" else {
      return .refuse(Refusal(status: 401, caller: nil, reason: "it has no token"))
    }
    guard let holder = tokens.holder(of: words[1]) else {
      return .refuse(Refusal(status: 401, caller: nil, reason: "its token is not in control's file of tokens"))
    }
    return holder.isReader ? reading(asked, .token(holder.name)) : .allow(.token(holder.name))
  }

  private func reading(_ asked: Asked, _ caller: ControlCaller) -> Verdict {
    asked.isReading ? .allow(caller) : .refuse(Refusal(status: 403, caller: caller, reason: "it may ask, and change nothing"))
  }
}
