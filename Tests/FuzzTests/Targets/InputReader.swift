/// Reads choices off an input; behind its end there are only zeroes.
struct InputReader {
  private let input: [UInt8]
  private var position = 0

  init(_ input: [UInt8]) {
    self.input = input
  }

  var isAtEnd: Bool { position >= input.count }

  mutating func byte() -> UInt8 {
    guard position < input.count else { return 0 }
    defer { position += 1 }
    return input[position]
  }

  /// Two bytes in network order.
  mutating func short() -> Int { Int(byte()) << 8 | Int(byte()) }

  /// So many bytes, or as many as there are.
  mutating func bytes(_ count: Int) -> [UInt8] {
    defer { position = min(input.count, position + count) }
    return Array(input[position..<min(input.count, position + count)])
  }
}
