import CLibYAML

// The only file that touches a C pointer of libyaml.
//
// libyaml's event interface rather than its document interface: the latter reads a whole document before anyone can look at it, and with
// libyaml 0.2.5 that takes minutes for a megabyte of `[` and seconds for a megabyte of anchors, both quadratic. Events let us stop at the
// bracket that is too deep, and they know what the document interface forgets: where an alias stands, and whether a tag was written.

/// What libyaml says of a text that is not YAML.
struct YAMLSyntaxError: Error {
  let mark: YAMLMark
  let message: String
}

/// libyaml's parser over bytes of its own.
struct LibYAMLParser: ~Copyable {
  private let raw: UnsafeMutablePointer<yaml_parser_t>
  private let input: [UInt8]
  private let buffer: UnsafeMutableBufferPointer<UInt8>

  /// A parser of UTF-8. Throws where libyaml gets no memory.
  init(_ bytes: [UInt8]) throws(YAMLSyntaxError) {
    raw = .allocate(capacity: 1)
    // libyaml keeps the pointer to its input, so the input is ours until `deinit`.
    buffer = .allocate(capacity: bytes.count)
    input = bytes
    _ = buffer.initialize(from: bytes)
    guard yaml_parser_initialize(raw) == 1 else {
      throw YAMLSyntaxError(mark: YAMLMark(line: 1, column: 1), message: "no memory to read this file")
    }
    // Without this a byte order mark of UTF-16 would be believed.
    yaml_parser_set_encoding(raw, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(raw, buffer.baseAddress, buffer.count)
  }

  deinit {
    // A parser whose initialisation failed holds only null pointers by then: deleting it is allowed.
    yaml_parser_delete(raw)
    raw.deallocate()
    buffer.deallocate()
  }

  /// The next event. After an error or `streamEnd` there is nothing more to ask for.
  func next() throws(YAMLSyntaxError) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(raw, &event) == 1 else { throw syntaxError() }
    defer { yaml_event_delete(&event) }
    return YAMLEvent(event)
  }

  private func syntaxError() -> YAMLSyntaxError {
    let problem = raw.pointee.problem.map { String(cString: $0) } ?? "not YAML"
    // The reader's errors have a byte offset and a value; those of scanner and parser have marks.
    if raw.pointee.error == YAML_READER_ERROR {
      let mark = YAMLMark(offset: raw.pointee.problem_offset, in: input)
      return YAMLSyntaxError(mark: mark, message: readerMessage(problem, value: raw.pointee.problem_value))
    }
    let mark = YAMLMark(raw.pointee.problem_mark)
    guard let context = raw.pointee.context.map({ String(cString: $0) }) else {
      return YAMLSyntaxError(mark: mark, message: problem + tabHint(at: raw.pointee.problem_mark))
    }
    let start = YAMLMark(raw.pointee.context_mark)
    let since = start == mark ? "" : " that begins at \(start.line):\(start.column)"
    return YAMLSyntaxError(mark: mark, message: problem + ", \(context)\(since)" + tabHint(at: raw.pointee.problem_mark))
  }

  private func readerMessage(_ problem: String, value: Int32) -> String {
    let code = String(UInt32(bitPattern: value), radix: 16, uppercase: true)
    if problem.contains("UTF-8") { return "the file is not UTF-8: \(problem) (byte 0x\(code))" }
    return "\(problem) (U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code))"
  }

  /// libyaml does not name the tab that it stumbles over.
  private func tabHint(at mark: yaml_mark_t) -> String {
    let line = input.split(separator: UInt8(ascii: "\n"), maxSplits: mark.line + 1, omittingEmptySubsequences: false)
    guard mark.line < line.count, line[mark.line].dropFirst(mark.column).first == UInt8(ascii: "\t") else { return "" }
    return " (this is a tab: YAML indents with spaces)"
  }
}

extension YAMLMark {
  /// libyaml counts from 0.
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: mark.line + 1, column: mark.column + 1)
  }
}

extension YAMLEvent {
  /// Copies what the event holds: libyaml frees its own.
  fileprivate init(_ event: yaml_event_t) {
    mark = YAMLMark(event.start_mark)
    content = Self.content(event)
  }

  private static func content(_ event: yaml_event_t) -> Content {
    switch event.type {
    case YAML_DOCUMENT_START_EVENT: .documentStart
    case YAML_DOCUMENT_END_EVENT: .documentEnd
    case YAML_STREAM_END_EVENT: .streamEnd
    case YAML_ALIAS_EVENT: .alias(text(event.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT: scalar(event)
    case YAML_SEQUENCE_START_EVENT:
      .sequenceStart(Properties(anchor: text(event.data.sequence_start.anchor), tag: text(event.data.sequence_start.tag)))
    case YAML_SEQUENCE_END_EVENT: .sequenceEnd
    case YAML_MAPPING_START_EVENT:
      .mappingStart(Properties(anchor: text(event.data.mapping_start.anchor), tag: text(event.data.mapping_start.tag)))
    case YAML_MAPPING_END_EVENT: .mappingEnd
    default: .streamStart
    }
  }

  private static func scalar(_ event: yaml_event_t) -> Content {
    let data = event.data.scalar
    let bytes = UnsafeBufferPointer(start: data.value, count: data.value == nil ? 0 : data.length)
    let properties = Properties(anchor: text(data.anchor), tag: text(data.tag))
    return .scalar(String(decoding: bytes, as: UTF8.self), isPlain: data.style == YAML_PLAIN_SCALAR_STYLE, properties)
  }

  private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }
}
