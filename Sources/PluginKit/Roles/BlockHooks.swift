/// The hooks that run for each block: hundreds of thousands of times a second in a busy node, so nobody is called who does not listen.
public struct BlockHooks: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// `onRequest`.
  public static let onRequest = BlockHooks(rawValue: 1 << 0)
  /// `sent` of a `.piece`.
  public static let sentPiece = BlockHooks(rawValue: 1 << 1)
  /// `writeRequest`.
  public static let writeRequest = BlockHooks(rawValue: 1 << 2)
  /// `sent` of a `.request`.
  public static let sentRequest = BlockHooks(rawValue: 1 << 3)
  /// `onPiece`.
  public static let onPiece = BlockHooks(rawValue: 1 << 4)
  /// Every one.
  public static let all: BlockHooks = [.onRequest, .sentPiece, .writeRequest, .sentRequest, .onPiece]
}
