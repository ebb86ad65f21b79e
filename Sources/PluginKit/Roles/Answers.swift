/// The answer of a hook that may keep an event from the engine.
public enum Handling: Sendable, Hashable {
  /// Not mine: the next handler is asked, and at the end the engine acts.
  case pass
  /// Done: nobody else is asked and the engine does not act. The core's record of the protocol's state is kept all the same.
  case handled
}

/// The answer of the two handshake hooks. Libtorrent's `false` meant "leave"; here leaving and refusing are different words.
public enum Participation: Sendable, Hashable {
  /// This handler stays with the connection.
  case stay
  /// This handler steps out of this connection. Guards cannot.
  case leave
  /// The peer goes, for this reason.
  case refuse(String)
}

/// The answer to a peer's request for a block.
public enum RequestAnswer: Sendable, Hashable {
  /// Not mine: the next handler is asked, and at the end the engine serves the block.
  case pass
  /// The block is not given: the peer gets a reject where it speaks BEP 6, silence else. The reason goes to the journal; an empty one does not,
  /// because the plugin has told the journal itself.
  case reject(String)
  /// Not now: asked again at the moment given.
  case postpone(until: ContinuousClock.Instant)
  /// The plugin sends the block, or a reject, by itself; the engine remembers the debt and closes the connection when it is not paid in time.
  case handled
}

/// The answer to a block that a peer sent us.
public enum PieceAnswer: Sendable, Hashable {
  /// The engine takes the block.
  case pass
  /// The plugin took it; the engine counts it as received.
  case handled
  /// The block is thrown away and goes back to the picker.
  case discard(String)
}

/// The answer before a request of ours goes out.
public enum WriteRequestAnswer: Sendable, Hashable {
  /// It may go.
  case pass
  /// It may not go to this peer before the moment given (nil: for as long as the connection lasts). The block returns to the picker at once.
  case withhold(String, until: ContinuousClock.Instant?)
}

/// Why the engine means to disconnect a peer that did no wrong.
public enum DisconnectCause: String, Sendable, Hashable {
  /// Nothing came for too long.
  case inactivity
  /// Neither side has anything that the other wants.
  case useless
  /// Another connection needs the place.
  case connectionLimit
  /// Nothing of the artifact was asked for in too long.
  case noRequest
}

/// How a connection ended.
public struct DisconnectReason: Sendable, Hashable, CustomStringConvertible {
  /// Who ended it.
  public enum Origin: Sendable, Hashable {
    /// The peer closed, or the network did.
    case remote
    /// The engine: a limit, a timeout, shutting down, an artifact out of service.
    case engine
    /// The peer broke the protocol.
    case protocolViolation
    /// A guard or handler refused; its name.
    case policy(plugin: String)
    /// A plugin threw; its name.
    case pluginFault(plugin: String)
  }

  /// Who ended it.
  public let origin: Origin
  /// Why, in words.
  public let text: String

  public init(_ origin: Origin, _ text: String) {
    (self.origin, self.text) = (origin, text)
  }

  public var description: String { text }
}
