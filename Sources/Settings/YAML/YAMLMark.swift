/// A place in a file: line and column, counted from 1, the column in characters.
package struct YAMLMark: Hashable, Comparable, Sendable {
  package let line: Int
  package let column: Int

  package init(line: Int, column: Int) {
    (self.line, self.column) = (line, column)
  }

  /// The place of the byte at this offset. Columns count UTF-8's leading bytes, so a place after broken bytes is still the editor's.
  init(offset: Int, in bytes: [UInt8]) {
    var (line, column) = (1, 1)
    for byte in bytes.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        (line, column) = (line + 1, 1)
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    self.init(line: line, column: column)
  }

  /// `FILE:LINE:COLUMN`.
  package func place(in file: String) -> String { "\(file):\(line):\(column)" }

  package static func < (one: YAMLMark, other: YAMLMark) -> Bool { (one.line, one.column) < (other.line, other.column) }
}
