internal import PluginKit

extension StrictDecoder {
  /// The value as the type. Where something can stand in for it, an excused request is answered with that.
  func value<T: Decodable>(_ type: T.Type) throws(DecodingFailure) -> T {
    try request(type, standIn: (type as? any HasStandIn.Type)?.standIn as? T) { try convert(type) }
  }

  /// The value, or nil where the request is excused.
  func optionalValue<T: Decodable>(_ type: T.Type) throws(DecodingFailure) -> T? {
    try request(type, standIn: .some(nil)) { try value(type) }
  }

  /// A failure of this value.
  func failure(_ error: any Error) -> DecodingFailure {
    if let known = error as? DecodingFailure { return known }
    if let several = error as? SettingsProblems { return DecodingFailure(problems: several.problems.map(placed)) }
    return DecodingFailure(problems: [placed(error as? SettingsProblem ?? SettingsProblem(Self.message(error)))])
  }

  private func request<R>(_ type: Any.Type, standIn: R?, _ body: () throws -> R) throws(DecodingFailure) -> R {
    let excuse = Excuse(.value, path, type)
    if let standIn, pass.excuses(excuse) { return standIn }
    let before = pass.standIns
    do {
      return try body()
    } catch {
      var failure = failure(error)
      // What a type says after it has been given a stand-in may be about the stand-in.
      if !(error is DecodingFailure), pass.standIns > before { failure.problems = [] }
      if failure.excuse == nil, standIn != nil { failure.excuse = excuse }
      throw failure
    }
  }

  private func convert<T: Decodable>(_ type: T.Type) throws -> T {
    if let scalar = type as? any ScalarDecodable.Type {
      pass.open(path)
      if let value = try scalar.init(node) as? T { return value }
    }
    if let collection = type as? any ElementwiseDecodable.Type, let value = try collection.init(elementsOf: self) as? T {
      return value
    }
    let value = try decodeSelf(type)
    try refuseUnread()
    return value
  }

  private func decodeSelf<T: Decodable>(_ type: T.Type) throws -> T {
    do {
      return try T(from: self)
    } catch let error as DecodingError {
      guard let listed = type as? any CaseIterable.Type, case let names = Self.names(listed), !names.isEmpty else { throw error }
      throw Mismatch(expected: "one of \(names.joined(separator: ", "))", found: node)
    }
  }

  /// The texts of an enumeration that is written as one.
  private static func names<Listed: CaseIterable>(_ type: Listed.Type) -> [String] {
    type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
  }

  /// A type without keys never asks for any: what stands below a plugin that has no settings would pass unseen.
  private func refuseUnread() throws(DecodingFailure) {
    guard path == pass.rootPath, !node.isNull, !pass.hasOpened(path) else { return }
    if case .mapping(let pairs) = node.content, pairs.isEmpty { return }
    throw DecodingFailure(problems: [Problem(mark: node.mark, path: path, message: "there is nothing to set here, found \(node.found)")])
  }

  private func placed(_ problem: SettingsProblem) -> Problem {
    Problem(mark: node.mark, place: problem.place, path: path, message: problem.message)
  }

  private static func message(_ error: any Error) -> String {
    switch error {
    case let mismatch as Mismatch: mismatch.message
    case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
      DecodingError.keyNotFound(_, let context), DecodingError.valueNotFound(_, let context):
      context.debugDescription
    default: String(describing: error)
    }
  }
}

/// A type that has a value which can stand in for a wrong one while the rest is looked through.
protocol HasStandIn {
  static var standIn: Self { get }
}

/// A collection whose elements are decoded one by one, so that one bad element does not hide the next.
protocol ElementwiseDecodable: HasStandIn {
  init(elementsOf decoder: StrictDecoder) throws
}

extension Array: HasStandIn {
  static var standIn: [Element] { [] }
}

extension Array: ElementwiseDecodable where Element: Decodable {
  init(elementsOf decoder: StrictDecoder) throws {
    self = try decoder.items().enumerated().compactMap { index, node in
      try decoder.child(node, .index(index)).optionalValue(Element.self)
    }
  }
}

extension Dictionary: HasStandIn {
  static var standIn: [Key: Value] { [:] }
}

extension Dictionary: ElementwiseDecodable where Key == String, Value: Decodable {
  init(elementsOf decoder: StrictDecoder) throws {
    self = [:]
    for pair in try decoder.mapping() {
      self[pair.key] = try decoder.child(pair.value, .key(pair.key)).optionalValue(Value.self)
    }
  }
}

extension Optional: HasStandIn {
  static var standIn: Wrapped? { nil }
}
