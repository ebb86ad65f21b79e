/// A value or key as the tokenizer found it. Values within a list or dictionary follow their container's token directly.
struct BencodeToken {
  /// Where it begins in the source.
  let begin: UInt32
  /// Where its content begins: a string's first byte, an integer's sign or first digit, a container's first element.
  let content: UInt32
  /// Just after its last byte, the `e` of integers and containers included.
  fileprivate(set) var end: UInt32
  /// The index of the first token that is not within it.
  fileprivate(set) var next: UInt32
}

/// Reads one bencoded value into a flat list of tokens, checking everything on the way. Nothing is copied, and nesting costs no
/// stack: open containers are kept in an array that the depth limit bounds.
struct BencodeTokenizer {
  private struct Container {
    let token: Int
    let isDictionary: Bool
    var awaitsKey: Bool
    var lastKey: Range<Int>?
    var isUnsorted = false
  }

  private let source: [UInt8]
  private let limits: BencodeLimits
  private let options: BencodeOptions
  private let depth: Int
  private var position: Int
  private var tokens: [BencodeToken] = []
  private var open: [Container] = []

  private init(_ source: [UInt8], from position: Int, limits: BencodeLimits, options: BencodeOptions) {
    (self.source, self.position, self.limits, self.options) = (source, position, limits, options)
    depth = min(limits.depth, BencodeLimits.deepest)
  }

  /// The tokens of the value that begins at `position`; the first is the value's own.
  static func tokens(
    of source: [UInt8], from position: Int, limits: BencodeLimits, options: BencodeOptions
  ) throws(BencodeError) -> [BencodeToken] {
    let size = min(limits.size, Int(UInt32.max))
    guard source.count <= size else { throw BencodeError(.tooLarge(limit: size), at: size) }
    guard position >= 0, position < source.count else { throw BencodeError(.endsEarly, at: source.count) }
    var tokenizer = BencodeTokenizer(source, from: position, limits: limits, options: options)
    repeat {
      try tokenizer.step()
    } while !tokenizer.open.isEmpty
    return tokenizer.tokens
  }

  // Reads one key, one value, the beginning of a container, or a container's end.
  private mutating func step() throws(BencodeError) {
    let byte = try current()
    if byte == UInt8(ascii: "e"), let container = open.last, !container.isDictionary || container.awaitsKey {
      try close(container)
    } else if open.last?.awaitsKey == true {
      try key(byte)
    } else {
      try value(byte)
    }
  }

  private mutating func value(_ byte: UInt8) throws(BencodeError) {
    switch byte {
    case UInt8(ascii: "i"): try integer()
    case UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try string()
    case UInt8(ascii: "l"), UInt8(ascii: "d"): return try begin(isDictionary: byte == UInt8(ascii: "d"))
    default: throw BencodeError(.unexpectedByte(byte), at: position)
    }
    valueEnded()
  }

  private mutating func key(_ byte: UInt8) throws(BencodeError) {
    guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { throw BencodeError(.unexpectedByte(byte), at: position) }
    let begin = position
    let key = try string()
    let index = open.count - 1
    if let last = open[index].lastKey {
      try checkOrder(of: key, at: begin, after: last, in: index)
    }
    open[index].lastKey = key
    open[index].awaitsKey = false
  }

  private mutating func checkOrder(of key: Range<Int>, at begin: Int, after last: Range<Int>, in index: Int) throws(BencodeError) {
    if source[last].lexicographicallyPrecedes(source[key]) { return }
    guard !source[last].elementsEqual(source[key]) else { throw BencodeError(.duplicateKey, at: begin) }
    guard options.contains(.allowsUnsortedKeys) else { throw BencodeError(.unsortedKey, at: begin) }
    open[index].isUnsorted = true
  }

  private mutating func begin(isDictionary: Bool) throws(BencodeError) {
    guard open.count < depth else { throw BencodeError(.tooDeep(limit: depth), at: position) }
    try append(begin: position, content: position + 1, end: position + 1)
    open.append(Container(token: tokens.count - 1, isDictionary: isDictionary, awaitsKey: isDictionary))
    position += 1
  }

  private mutating func close(_ container: Container) throws(BencodeError) {
    if container.isUnsorted { try checkDuplicates(of: container.token) }
    position += 1
    tokens[container.token].end = UInt32(position)
    tokens[container.token].next = UInt32(tokens.count)
    open.removeLast()
    valueEnded()
  }

  private mutating func valueEnded() {
    guard let index = open.indices.last, open[index].isDictionary else { return }
    open[index].awaitsKey = true
  }

  // Where keys come in any order, neighbours do not show whether one comes twice.
  private func checkDuplicates(of dictionary: Int) throws(BencodeError) {
    var seen: Set<ArraySlice<UInt8>> = []
    var index = dictionary + 1
    while index < tokens.count {
      let key = tokens[index]
      guard seen.insert(source[Int(key.content)..<Int(key.end)]).inserted else {
        throw BencodeError(.duplicateKey, at: Int(key.begin))
      }
      index = Int(tokens[index + 1].next)
    }
  }

  private mutating func integer() throws(BencodeError) {
    let begin = position
    position += 1
    let isNegative = try current() == UInt8(ascii: "-")
    if isNegative { position += 1 }
    let first = position
    let magnitude = try digits(orThrow: BencodeError(.integerOverflow, at: begin))
    guard try current() == UInt8(ascii: "e"), position > first, !hasLeadingZero(from: first), !(isNegative && magnitude == 0) else {
      throw BencodeError(.malformedInteger, at: begin)
    }
    guard magnitude <= (isNegative ? Int64.min.magnitude : Int64.max.magnitude) else {
      throw BencodeError(.integerOverflow, at: begin)
    }
    position += 1
    try append(begin: begin, content: begin + 1, end: position)
  }

  private mutating func string() throws(BencodeError) -> Range<Int> {
    let begin = position
    let length = try digits(orThrow: BencodeError(.malformedLength, at: begin))
    guard try current() == UInt8(ascii: ":"), !hasLeadingZero(from: begin) else { throw BencodeError(.malformedLength, at: begin) }
    position += 1
    guard length <= UInt64(source.count - position) else { throw BencodeError(.stringTooLong, at: begin) }
    let content = position..<position + Int(length)
    position = content.upperBound
    try append(begin: begin, content: content.lowerBound, end: content.upperBound)
    return content
  }

  private mutating func digits(orThrow overflow: @autoclosure () -> BencodeError) throws(BencodeError) -> UInt64 {
    var number: UInt64 = 0
    while position < source.count, source[position] >= UInt8(ascii: "0"), source[position] <= UInt8(ascii: "9") {
      let (product, isTooBig) = number.multipliedReportingOverflow(by: 10)
      let (sum, isStillTooBig) = product.addingReportingOverflow(UInt64(source[position] - UInt8(ascii: "0")))
      guard !isTooBig, !isStillTooBig else { throw overflow() }
      number = sum
      position += 1
    }
    return number
  }

  private func hasLeadingZero(from first: Int) -> Bool {
    position - first > 1 && source[first] == UInt8(ascii: "0")
  }

  private func current() throws(BencodeError) -> UInt8 {
    guard position < source.count else { throw BencodeError(.endsEarly, at: source.count) }
    return source[position]
  }

  private mutating func append(begin: Int, content: Int, end: Int) throws(BencodeError) {
    guard tokens.count < limits.tokens else { throw BencodeError(.tooManyTokens(limit: limits.tokens), at: begin) }
    tokens.append(BencodeToken(begin: UInt32(begin), content: UInt32(content), end: UInt32(end), next: UInt32(tokens.count + 1)))
  }
}
