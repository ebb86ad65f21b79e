import Metainfo
internal import PluginKit

/// What a list of rules, all of which apply, gives of an artifact: for each byte the first rule that covers it decides.
struct GateResolution: Sendable {
  /// What is given; nil for nothing.
  let scope: Scope?
  /// The place in the list of the first rule that gave something.
  let firstAllowing: Int?
  /// The place in the list of the first rule that kept something back.
  let firstDenying: Int?

  /// What the rules give. Costs about one visit for each file, rule and kind of piece (pieces that the same rules are about are one kind).
  static func resolve(_ rules: [GateRule], layout: PieceLayout) -> GateResolution {
    resolve(rules, rules.map(\.answer.gives), layout)
  }

  /// What one of the rules, by its place in the list, decides of an artifact: what it covers and none before it does; nil for nothing.
  static func decided(by place: Int, of rules: [GateRule], layout: PieceLayout) -> Scope? {
    guard rules.indices.contains(place) else { return nil }
    return resolve(Array(rules[...place]), (0...place).map { $0 == place }, layout).scope
  }

  /// - Parameter gives: for each rule whether it gives what it covers.
  private static func resolve(_ rules: [GateRule], _ gives: [Bool], _ layout: PieceLayout) -> GateResolution {
    if let first = rules.first, first.isUnlimited {
      return gives[0]
        ? GateResolution(scope: .everything, firstAllowing: 0, firstDenying: nil)
        : GateResolution(scope: nil, firstAllowing: nil, firstDenying: 0)
    }
    let covers = Cover.covers(of: rules, gives, layout: layout)
    var tally = Tally(layout: layout)
    let terms = PieceClass.classes(of: covers, pieceCount: layout.pieceCount).map { kind in
      PartialScope.Term(pieces: kind.pieces, files: tally.grant(covers.filter { $0.holds(kind.example) }))
    }
    let part = PartialScope(terms, layout: layout)
    // Files without a byte are in no piece: rules about pieces say nothing of them.
    let isWhole = part.wholePieces.isFull && tally.grantsEmptyFiles(of: layout, covers.filter { $0.pieces == nil })
    let scope: Scope? = isWhole ? .everything : part.isEmpty ? nil : .part(part)
    return GateResolution(scope: scope, firstAllowing: tally.firstAllowing, firstDenying: tally.firstDenying)
  }
}

/// What one rule covers of one artifact.
private struct Cover {
  /// The rule's place in the list.
  let rule: Int
  /// Whether what it covers is given.
  let gives: Bool
  /// Nil: every piece.
  let pieces: PieceRanges?
  let files: Bitfield

  func holds(_ piece: Int) -> Bool { pieces?.contains(piece) ?? true }

  static func covers(of rules: [GateRule], _ gives: [Bool], layout: PieceLayout) -> [Cover] {
    let files = files(of: rules, layout: layout)
    return rules.indices.map { Cover(rule: $0, gives: gives[$0], pieces: rules[$0].pieces, files: files[$0]) }
  }

  /// For each rule the files that it covers. Each path is made ready once for all rules.
  private static func files(of rules: [GateRule], layout: PieceLayout) -> [Bitfield] {
    var files = rules.map { Bitfield(count: layout.files.count, filled: $0.files == nil) }
    let limited = rules.indices.filter { rules[$0].files != nil }
    guard !limited.isEmpty else { return files }
    for (index, file) in layout.files.enumerated() where !file.isPadding {
      let path = Glob.Subject(file.displayPath)
      for rule in limited where rules[rule].files?.contains(where: { $0.matches(path) }) == true {
        files[rule][index] = true
      }
    }
    return files
  }
}

/// Pieces that the same rules are about.
private struct PieceClass {
  var pieces: Bitfield
  /// One of them.
  let example: Int

  static func classes(of covers: [Cover], pieceCount: Int) -> [PieceClass] {
    let limits = covers.compactMap(\.pieces)
    var classes: [PieceClass] = []
    var places: [[Bool]: Int] = [:]
    for segment in segments(limits, pieceCount: pieceCount) {
      let signature = limits.map { $0.contains(segment.lowerBound) }
      if places[signature] == nil {
        places[signature] = classes.count
        classes.append(PieceClass(pieces: Bitfield(count: pieceCount), example: segment.lowerBound))
      }
      guard let place = places[signature] else { continue }
      for piece in segment { classes[place].pieces[piece] = true }
    }
    return classes
  }

  /// Runs of pieces, within each of which no range begins or ends.
  private static func segments(_ limits: [PieceRanges], pieceCount: Int) -> [Range<Int>] {
    var cuts: Set<Int> = [0, pieceCount]
    for range in limits.lazy.flatMap(\.ranges) {
      cuts.insert(range.lowerBound)
      cuts.insert(range.upperBound + 1)
    }
    let ordered = cuts.filter { $0 <= pieceCount }.sorted()
    return zip(ordered, ordered.dropFirst()).map { $0..<$1 }
  }
}

/// Walks rules in their order and remembers which of them decided something.
private struct Tally {
  private let content: Bitfield
  private(set) var firstAllowing: Int?
  private(set) var firstDenying: Int?

  init(layout: PieceLayout) {
    var content = Bitfield(count: layout.files.count)
    for (index, file) in layout.files.enumerated() where !file.isPadding { content[index] = true }
    self.content = content
  }

  /// The files that these rules give, each file decided by the first rule that covers it.
  mutating func grant(_ covers: [Cover]) -> Bitfield {
    var (undecided, granted) = (content, Bitfield(count: content.count))
    for cover in covers {
      let decided = undecided.intersection(cover.files)
      if decided.isEmpty { continue }
      undecided = undecided.without(decided)
      if cover.gives {
        granted = granted.united(with: decided)
        firstAllowing = min(firstAllowing ?? cover.rule, cover.rule)
      } else {
        firstDenying = min(firstDenying ?? cover.rule, cover.rule)
      }
    }
    return granted
  }

  /// Whether these rules give every file without a byte. Of an artifact without any byte, they must give something to say yes.
  mutating func grantsEmptyFiles(of layout: PieceLayout, _ covers: [Cover]) -> Bool {
    let granted = grant(covers)
    return firstAllowing != nil
      && layout.files.indices.allSatisfy { index in
        layout.files[index].isPadding || layout.files[index].length > 0 || granted[index]
      }
  }
}
