/// Why bytes are not an acceptable bencoded value, and where.
public struct BencodeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: Hashable, Sendable {
    /// The bytes end within a value.
    case endsEarly
    /// A byte that begins no value, or no key of a dictionary.
    case unexpectedByte(UInt8)
    /// An integer without digits, with a leading zero, or `-0`.
    case malformedInteger
    /// An integer that 64 bits do not hold.
    case integerOverflow
    /// A string's length with a leading zero, without a colon, or that no memory holds.
    case malformedLength
    /// A string longer than the bytes that are left.
    case stringTooLong
    /// A key below the one before it.
    case unsortedKey
    /// A key that the dictionary had.
    case duplicateKey
    /// Bytes after the value.
    case trailingBytes
    /// More bytes than this limit.
    case tooLarge(limit: Int)
    /// Nested more deeply than this limit.
    case tooDeep(limit: Int)
    /// More values and keys than this limit.
    case tooManyTokens(limit: Int)
  }

  /// What is wrong.
  public let reason: Reason
  /// Bytes from the source's beginning.
  public let offset: Int

  public init(_ reason: Reason, at offset: Int) {
    (self.reason, self.offset) = (reason, offset)
  }

  public var description: String { "byte \(offset): \(text)" }

  private var text: String {
    switch reason {
    case .endsEarly: "the data ends within a value"
    case .unexpectedByte(let byte): "a value or key cannot begin with the byte 0x\(Hex.encode([byte]))"
    case .malformedInteger: "an integer that is not written canonically"
    case .integerOverflow: "an integer that does not fit 64 bits"
    case .malformedLength: "a string's length that is not written canonically"
    case .stringTooLong: "a string longer than the data"
    case .unsortedKey: "a dictionary's keys are not sorted"
    case .duplicateKey: "a dictionary has a key twice"
    case .trailingBytes: "there is something after the value"
    case .tooLarge(let limit): "more than \(limit) bytes"
    case .tooDeep(let limit): "nested more than \(limit) levels deep"
    case .tooManyTokens(let limit): "more than \(limit) values"
    }
  }
}
