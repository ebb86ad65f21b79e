import Settings
import Testing

struct ScrubTests {
  private static let listen = "listen: [{ address: \"127.0.0.1:1\" }]\n"

  @Test("Nothing said is every thirty days, always, at a modest rate")
  func defaults() throws {
    let scrub = try load(Self.listen).scrub
    #expect(scrub == Scrub() && scrub.every?.description == "30d" && scrub.rate.description == "20 MiB/s")
    #expect(scrub.between.isEmpty && scrub.patrol == 100 && scrub.verifyRate?.description == "200 MiB/s")
  }

  @Test("Every key is taken")
  func all() throws {
    let text = "scrub: { every: 2h, rate: 1 MiB/s, between: [\"22:00-06:00\", \"12:00-13:30\"], patrol: 7 }\n"
    let scrub = try load(Self.listen + text).scrub
    #expect(scrub.every?.milliseconds == 7_200_000 && scrub.rate.bytesPerSecond == 1 << 20 && scrub.patrol == 7)
    #expect(scrub.between.map(\.description) == ["22:00-06:00", "12:00-13:30"])
    #expect(try load(Self.listen + "scrub: { every: never }\n").scrub.every == nil)
    #expect(try load(Self.listen + "scrub: { verify-rate: 64 KiB/s }\n").scrub.verifyRate?.bytesPerSecond == 64 << 10)
    #expect(try load(Self.listen + "scrub: { verify-rate: unlimited }\n").scrub.verifyRate == nil)
  }

  @Test("A window may go over midnight, and its end is not in it")
  func windows() throws {
    let windows = try load(Self.listen + "scrub: { between: [\"22:00-06:00\", \"12:00-13:30\", \"20:00-00:00\"] }\n").scrub.between
    let (night, noon, evening) = (windows[0], windows[1], windows[2])
    #expect(night.contains(22 * 3_600) && night.contains(0) && night.contains(6 * 3_600 - 1))
    #expect(!night.contains(6 * 3_600) && !night.contains(22 * 3_600 - 1))
    #expect(noon.contains(12 * 3_600) && !noon.contains(13 * 3_600 + 1_800) && !noon.contains(0))
    #expect(evening.contains(86_399) && !evening.contains(0))
  }

  @Test(
    "Bad values are told where they stand",
    arguments: [
      ("every: 1s", "10: scrub.every: expected 1m to 3650d, found 1s; or write never"),
      ("rate: 5", "10: scrub.rate: expected a rate such as 100 MiB/s, found '5'; a rate ends in /s"),
      ("verify-rate: 1 KiB/s", "10: scrub.verify-rate: expected a rate such as 100 MiB/s, found '1 KiB/s'; the least is 16 KiB/s"),
      ("patrol: 0", "10: scrub.patrol: expected 1 to 100000, found 0"),
      ("between: [nightly]", "10: scrub.between[0]: expected a part of the day such as 22:00-06:00, found 'nightly'"),
      ("between: [\"24:00-01:00\"]", "10: scrub.between[0]: expected a part of the day"),
      ("between: [\"1:00-02:00\"]", "10: scrub.between[0]: expected a part of the day"),
      ("between: [\"01:00-01:00\"]", "10: scrub.between[0]: expected a part of the day"),
      ("weekly: true", "10: scrub: unknown key 'weekly'"),
    ])
  func bad(text: String, problem: String) {
    let found = problems(Self.listen + "scrub: { \(text) }\n")
    #expect(found.count == 1)
    // The column is the value's: only what is said of it is compared.
    let (start, words) = ("n.yaml:2:", problem.split(separator: ":", maxSplits: 1).last.map(String.init) ?? "")
    #expect(found.first?.hasPrefix(start) == true && found.first?.contains(words) == true, "\(found)")
  }
}
