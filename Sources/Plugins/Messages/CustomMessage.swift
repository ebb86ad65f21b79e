internal import PluginKit

/// A message that the operator has declared.
struct CustomMessage: Sendable {
  /// When it is sent.
  enum Occasion: Sendable, Hashable {
    /// Once, when the peer is authorized and has said that it knows the name.
    case handshake
    /// The first time that it is interested.
    case interested
    /// Once it has everything of the artifact that it is granted.
    case finished
    /// Again and again, the length of time in nanoseconds.
    case interval(Int64)
  }

  /// The key in the extended handshake's `m`.
  let name: String
  let place: String?
  let occasions: [Occasion]
  let body: MessageTemplate?
  /// Bytes of a payload that we take.
  let maximumSize: Int
  let senders: MessageSenders
  let reply: MessageTemplate?
  /// The keys of a received body that are kept.
  let stored: [String]
  /// What we take, what we send of ourselves, and what we answer, for each connection.
  let rate: MessageRate
  let sendRate: MessageRate
  let replyRate: MessageRate

  /// Bytes of a payload that we send, at most.
  static let longest = 65_536
}

/// A declared message as settings have it.
struct CustomMessageSettings: Decodable, Sendable {
  let name: Placed<String>
  let send: [Placed<Occasion>]
  let body: Placed<MessageTemplate>?
  let maximumSize: Placed<String>?
  let from: [Placed<String>]
  let reply: Placed<MessageTemplate>?
  let store: [Placed<String>]
  let rate: Placed<String>?
  let sendRate: Placed<String>?
  let replyRate: Placed<String>?

  private enum CodingKeys: String, CodingKey {
    case name, send, body, from, reply, store, rate
    case maximumSize = "max-size"
    case sendRate = "send-rate"
    case replyRate = "reply-rate"
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(Placed<String>.self, forKey: .name)
    send = try container.decodeIfPresent(OneOrMore<Occasion>.self, forKey: .send)?.items ?? []
    body = try container.decodeIfPresent(Placed<MessageTemplate>.self, forKey: .body)
    maximumSize = try container.decodeIfPresent(Placed<String>.self, forKey: .maximumSize)
    from = try container.decodeIfPresent([Placed<String>].self, forKey: .from) ?? []
    reply = try container.decodeIfPresent(Placed<MessageTemplate>.self, forKey: .reply)
    store = try container.decodeIfPresent([Placed<String>].self, forKey: .store) ?? []
    rate = try container.decodeIfPresent(Placed<String>.self, forKey: .rate)
    sendRate = try container.decodeIfPresent(Placed<String>.self, forKey: .sendRate)
    replyRate = try container.decodeIfPresent(Placed<String>.self, forKey: .replyRate)
  }

  /// `handshake`, `{ event: interested }` or `{ interval: 5m }`.
  struct Occasion: Decodable, Sendable {
    let word: String?
    let event: String?
    let interval: String?

    private enum CodingKeys: String, CodingKey { case event, interval }

    init(from decoder: any Decoder) throws {
      word = try? decoder.singleValueContainer().decode(String.self)
      guard word == nil else {
        (event, interval) = (nil, nil)
        return
      }
      let container = try decoder.container(keyedBy: CodingKeys.self)
      event = try container.decodeIfPresent(String.self, forKey: .event)
      interval = try container.decodeIfPresent(String.self, forKey: .interval)
    }
  }
}

/// A list, or its one item without the brackets.
struct OneOrMore<Item: Decodable & Sendable>: Decodable, Sendable {
  let items: [Placed<Item>]

  init(from decoder: any Decoder) throws {
    if (try? decoder.unkeyedContainer()) != nil {
      items = try decoder.singleValueContainer().decode([Placed<Item>].self)
    } else {
      items = [try decoder.singleValueContainer().decode(Placed<Item>.self)]
    }
  }
}
