internal import PluginKit

/// What the settings say, checked.
struct ExternalOptions: Sendable {
  var program: ChildProgram
  /// Where the program is named.
  var place: String?
  /// What the program is asked about; `connect` is among it.
  var guards = known
  /// An answer that comes later is none.
  var deadline = Duration.seconds(2)
  /// Questions that the program may have at once.
  var inFlight = 64
  /// Bytes that a frame may have, its length not counted.
  var frame = 64 << 10
  /// How long an answer holds that does not say so, and at most.
  var validFor = Duration.seconds(300)
  /// The pause before the program is started again: the first, and the longest; each is twice the one before.
  var restart = (from: Duration.milliseconds(100), to: Duration.seconds(30))

  /// What a program can be asked about.
  static let known: Set<Operation> = [.connect, .metadata, .request, .message]
  private static let deadlines = Duration.milliseconds(10)...Duration.seconds(60)
  private static let flights = 1...1024
  private static let frames: ClosedRange<Int64> = 4 << 10...1 << 20
  private static let validities = Duration.seconds(10)...Duration.seconds(86_400)
  private static let memories: ClosedRange<Int64> = 16 << 20...1 << 40
  private static let pauses = Duration.milliseconds(10)...Duration.seconds(3600)

  init(program: ChildProgram) {
    self.program = program
  }

  /// Every problem goes to `problems`.
  init(_ settings: ExternalSettings, _ services: PluginServices, problems: inout [SettingsProblem]) {
    program = ChildProgram(
      path: services.resolve(settings.command.value), arguments: settings.arguments, user: settings.user?.value)
    place = settings.command.place
    var reader = Reader()
    if let list = settings.guards { guards = reader.guards(list) }
    deadline = reader.delay(settings.deadline, "deadline", Self.deadlines) ?? deadline
    validFor = reader.delay(settings.validFor, "valid-for", Self.validities) ?? validFor
    inFlight = reader.count(settings.inFlight, "in-flight", Self.flights) ?? inFlight
    frame = reader.size(settings.frame, "frame", Self.frames).map { Int($0) } ?? frame
    program.memory = reader.size(settings.memory, "memory", Self.memories) ?? program.memory
    restart.from = reader.delay(settings.restart?.from, "restart.from", Self.pauses) ?? restart.from
    restart.to = reader.delay(settings.restart?.to, "restart.to", Self.pauses) ?? restart.to
    if restart.to < restart.from {
      reader.note("the longest pause is shorter than the first", at: "restart.to", settings.restart?.to?.place ?? place)
    }
    problems += reader.problems
    if let problem = services.children.problem(with: program) {
      problems.append(SettingsProblem("command: \(problem)", place: place))
    }
  }

  /// Reads values and gathers what is wrong with them.
  private struct Reader {
    var problems: [SettingsProblem] = []

    mutating func note(_ message: String, at field: String, _ place: String?) {
      problems.append(SettingsProblem("\(field): \(message)", place: place))
    }

    mutating func guards(_ list: Placed<[Placed<String>]>) -> Set<Operation> {
      let known = known.map(\.rawValue).sorted().joined(separator: ", ")
      var guards: Set<Operation> = []
      for item in list.value {
        if let operation = Operation(rawValue: item.value), ExternalOptions.known.contains(operation) {
          guards.insert(operation)
        } else {
          note("a program can be asked about \(known), and not about '\(item.value)'", at: "guards", item.place)
        }
      }
      if !guards.contains(.connect) {
        note("connect must be among them: it is when a peer connects that the program is asked about everything", at: "guards", list.place)
      }
      return guards
    }

    mutating func delay(_ text: Placed<String>?, _ field: String, _ range: ClosedRange<Duration>) -> Duration? {
      guard let text else { return nil }
      do throws(SettingsProblem) {
        let delay = Duration.nanoseconds(try AmountText.delay(text.value))
        if range.contains(delay) { return delay }
        note("expected \(range.lowerBound) to \(range.upperBound), found '\(text.value)'", at: field, text.place)
      } catch {
        note(error.message, at: field, text.place)
      }
      return nil
    }

    mutating func size(_ amount: Placed<AmountSettings>?, _ field: String, _ range: ClosedRange<Int64>) -> Int64? {
      guard let amount else { return nil }
      do throws(SettingsProblem) {
        let size = try AmountText.size(amount.value.text)
        if range.contains(size) { return size }
        let (least, most) = (AmountText.describe(bytes: range.lowerBound), AmountText.describe(bytes: range.upperBound))
        note("expected \(least) to \(most), found '\(amount.value.text)'", at: field, amount.place)
      } catch {
        note(error.message, at: field, amount.place)
      }
      return nil
    }

    mutating func count(_ count: Placed<Int>?, _ field: String, _ range: ClosedRange<Int>) -> Int? {
      guard let count else { return nil }
      if range.contains(count.value) { return count.value }
      note("expected \(range.lowerBound) to \(range.upperBound), found \(count.value)", at: field, count.place)
      return nil
    }
  }
}
