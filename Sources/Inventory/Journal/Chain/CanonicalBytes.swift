/// Values as bytes that are hashed: each with its kind and its length, so that two different lists of values never give the same bytes.
///
/// A number is 1 and 8 bytes, a text 2, its length in 4 bytes and its UTF-8, nothing 0; numbers are big-endian.
struct CanonicalBytes {
  private(set) var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(512) }

  mutating func add(_ number: Int64?) {
    guard let number else { return bytes.append(0) }
    bytes.append(1)
    add(word: UInt64(bitPattern: number))
  }

  mutating func add(text: [UInt8]?) {
    guard let text else { return bytes.append(0) }
    bytes.append(2)
    withUnsafeBytes(of: UInt32(clamping: text.count).bigEndian) { bytes += $0 }
    bytes += text
  }

  private mutating func add(word: UInt64) {
    withUnsafeBytes(of: word.bigEndian) { bytes += $0 }
  }
}

/// Reads back what `CanonicalBytes` has written, from a file that anybody may have edited: nil where it is something else.
struct CanonicalReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func number() -> Int64? {
    guard rest.popFirst() == 1, rest.count >= 8 else { return nil }
    let word = rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    rest = rest.dropFirst(8)
    return Int64(bitPattern: word)
  }

  mutating func text() -> [UInt8]? {
    guard rest.popFirst() == 2, rest.count >= 4 else { return nil }
    let count = Int(rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
    rest = rest.dropFirst(4)
    guard rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }
}
