public struct PeerID: Hashable, Sendable {}
public struct ReservedBits: Hashable, Sendable {}
public struct ExtendedHandshake: Hashable, Sendable {}
