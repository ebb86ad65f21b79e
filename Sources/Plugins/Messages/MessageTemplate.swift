import Metainfo
internal import PluginKit

/// A fact that a template can have in a text, by the name that settings give it.
enum MessageFact: String, Sendable, Hashable, CaseIterable {
  case artifactName = "artifact.name"
  case artifactInfoHash = "artifact.info_hash"
  case peerPrincipal = "peer.principal"
  case peerAddress = "peer.address"
  case nodeName = "node.name"
  /// Seconds since 1970.
  case time
}

/// What the facts are at the moment of sending.
struct MessageFacts: Sendable {
  let artifact: ArtifactFacts
  let peer: PeerFacts
  let nodeName: String
  let now: WallTime

  func text(_ fact: MessageFact) -> String {
    switch fact {
    case .artifactName: artifact.name
    case .artifactInfoHash: artifact.infoHash.description
    case .peerPrincipal: peer.principal
    case .peerAddress: peer.address.description
    case .nodeName: nodeName
    case .time: "\(now.seconds)"
    }
  }
}

/// A value to send, with facts in its texts: `{ from: "${node.name}", at: "${time}" }`. A text that is `${time}` alone is sent as an integer.
/// `$${` is `${` as it stands.
indirect enum MessageTemplate: Sendable, Hashable {
  enum Part: Sendable, Hashable {
    case literal(String)
    case fact(MessageFact)
  }

  case integer(Int64)
  case text([Part])
  case list([MessageTemplate])
  case dictionary([String: MessageTemplate])

  /// Lists and dictionaries within each other, at most: what receivers of ours take.
  static let deepest = 8

  /// The value with the facts as they are.
  func rendered(_ facts: MessageFacts) -> Bencode {
    switch self {
    case .integer(let value): .integer(value)
    case .text([.fact(.time)]): .integer(facts.now.seconds)
    case .text(let parts): .string(parts.map { Self.shown($0, facts) }.joined())
    case .list(let items): .list(items.map { $0.rendered(facts) })
    case .dictionary(let entries):
      .dictionary(Dictionary(entries.map { (Array($0.key.utf8), $0.value.rendered(facts)) }) { first, _ in first })
    }
  }

  var isDictionary: Bool { if case .dictionary = self { true } else { false } }

  /// How many lists and dictionaries are within each other.
  var depth: Int {
    switch self {
    case .integer, .text: 0
    case .list(let items): 1 + (items.map(\.depth).max() ?? 0)
    case .dictionary(let entries): 1 + (entries.values.map(\.depth).max() ?? 0)
    }
  }

  private static func shown(_ part: Part, _ facts: MessageFacts) -> String {
    switch part {
    case .literal(let text): text
    case .fact(let fact): facts.text(fact)
    }
  }

  /// The parts of a text. Throws where it names a fact that there is not.
  static func parts(of text: String) throws(SettingsProblem) -> [Part] {
    var parts: [Part] = []
    var literal = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      literal += rest[..<dollar]
      rest = rest[dollar...]
      if rest.hasPrefix("$${") {
        literal += "${"
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("${") {
        let (fact, after) = try fact(rest.dropFirst(2), in: text)
        if !literal.isEmpty { parts.append(.literal(literal)) }
        parts.append(.fact(fact))
        (literal, rest) = ("", after)
      } else {
        literal += "$"
        rest = rest.dropFirst()
      }
    }
    literal += rest
    return literal.isEmpty ? parts : parts + [.literal(literal)]
  }

  private static func fact(_ rest: Substring, in text: String) throws(SettingsProblem) -> (fact: MessageFact, after: Substring) {
    guard let end = rest.firstIndex(of: "}") else { throw SettingsProblem("'\(text)' has a '${' without its '}'; '$${' is sent as '${'") }
    guard let fact = MessageFact(rawValue: String(rest[..<end])) else {
      let known = MessageFact.allCases.map { "${\($0.rawValue)}" }.joined(separator: ", ")
      throw SettingsProblem("there is no fact '${\(rest[..<end])}'; there are: \(known)")
    }
    return (fact, rest[rest.index(after: end)...])
  }
}

extension MessageTemplate: Decodable {
  /// Any text is a key here.
  private struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
  }

  init(from decoder: any Decoder) throws {
    if let mapping = try? decoder.container(keyedBy: AnyKey.self) {
      var entries: [String: MessageTemplate] = [:]
      for key in mapping.allKeys { entries[key.stringValue] = try mapping.decode(MessageTemplate.self, forKey: key) }
      self = .dictionary(entries)
    } else if (try? decoder.unkeyedContainer()) != nil {
      self = .list(try decoder.singleValueContainer().decode([MessageTemplate].self))
    } else if let value = try? decoder.singleValueContainer().decode(Int64.self) {
      self = .integer(value)
    } else {
      let text = try decoder.singleValueContainer().decode(String.self)
      do throws(SettingsProblem) {
        self = .text(try Self.parts(of: text))
      } catch {
        throw SettingsProblem(error.message, place: (decoder as? any PlacedDecoder)?.place)
      }
    }
  }
}
