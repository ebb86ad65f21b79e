import Settings
import Testing

struct ValueTests {
  @Test(
    "Sizes",
    arguments: [
      ("0", 0), ("512", 512), ("\"512\"", 512), ("7 B", 7), ("1 KiB", 1024), ("64KiB", 65536), ("64 MiB", 64 << 20), ("2 GiB", 2 << 30),
    ] as [(String, Int64)])
  func sizes(text: String, bytes: Int64) throws {
    #expect(try decode([ByteSize].self, "[\(text)]") == [ByteSize(bytes: bytes)])
  }

  @Test(
    "What is no size is told with a hint",
    arguments: [
      ("64 MB", "write MiB"), ("64 kib", "write KiB"), ("64 k", "write KiB"), ("1 TiB", "write it in GiB"), ("-5", "it cannot be negative"),
      ("1.5 GiB", "write a whole number in a smaller unit: 1536 MiB for 1.5 GiB"),
      ("9223372036854775807 GiB", "that is more than any disk holds"),
      ("lots", ""), ("64  MiB", ""), ("99999999999999999999", ""),
    ])
  func notSizes(text: String, hint: String) {
    let expected = "t:1:2: [0]: expected a size such as 64 MiB (units: KiB, MiB, GiB; none for bytes), found '\(text)'"
    #expect(decodingProblems([ByteSize].self, "[\(text)]") == [expected + (hint.isEmpty ? "" : "; " + hint)])
  }

  @Test(
    "Rates",
    arguments: [("1 GiB/s", 1 << 30), ("500KiB/s", 500 << 10), ("100 MiB /s", 100 << 20), ("16384/s", 16384)] as [(String, Int64)])
  func rates(text: String, bytes: Int64) throws {
    #expect(try decode([ByteRate].self, "[\(text)]") == [ByteRate(bytesPerSecond: bytes)])
  }

  @Test(
    "What is no rate is told with a hint",
    arguments: [
      ("1 GiB", "a rate ends in /s"), ("1048576", "a rate ends in /s"), ("100 Mbps", "write bytes per second"),
      ("100 MB/s", "write MiB before /s"), ("0/s", "the least is 16 KiB/s, one block a second"),
      ("16383/s", "the least is 16 KiB/s, one block a second"), ("-1 MiB/s", "it cannot be negative"), ("/s", ""),
    ])
  func notRates(text: String, hint: String) {
    let expected = "t:1:2: [0]: expected a rate such as 100 MiB/s, found '\(text)'"
    #expect(decodingProblems([ByteRate].self, "[\(text)]") == [expected + (hint.isEmpty ? "" : "; " + hint)])
  }

  @Test(
    "Durations",
    arguments: [("500ms", 500), ("30s", 30_000), ("5 m", 300_000), ("2h", 7_200_000), ("7d", 604_800_000), ("0s", 0)] as [(String, Int64)])
  func durations(text: String, milliseconds: Int64) throws {
    let span = try decode([TimeSpan].self, "[\(text)]")
    #expect(span == [TimeSpan(milliseconds: milliseconds)])
    #expect(span.first?.duration == .milliseconds(milliseconds))
  }

  @Test(
    "What is no duration is told with a hint",
    arguments: [
      ("30", "a duration needs a unit: 30s for seconds"), ("1.5s", "write a whole number in a smaller unit: 1500ms for 1.5s"),
      ("1h30m", "one number and one unit"), ("-1s", "it cannot be negative"), ("4000d", "the longest is 3650d"),
      ("9223372036854775807d", "the longest is 3650d"), ("soon", ""),
    ])
  func notDurations(text: String, hint: String) {
    let expected = "t:1:2: [0]: expected a duration such as 30s (units: ms, s, m, h, d), found '\(text)'"
    #expect(decodingProblems([TimeSpan].self, "[\(text)]") == [expected + (hint.isEmpty ? "" : "; " + hint)])
  }

  @Test("Values show themselves as they are written")
  func descriptions() throws {
    #expect([0, 5, 1024, 1 << 20, 3 << 30, 1025].map { ByteSize(bytes: $0).description } == ["0", "5", "1 KiB", "1 MiB", "3 GiB", "1025"])
    #expect(ByteRate(bytesPerSecond: 1 << 20).description == "1 MiB/s")
    #expect(
      [0, 1, 1000, 90_000, 3_600_000, 86_400_000].map { TimeSpan(milliseconds: $0).description } == ["0ms", "1ms", "1s", "90s", "1h", "1d"])
    for bytes in [0, 1, 1023, 1 << 16, 5 << 30] as [Int64] {
      #expect(try decode([ByteSize].self, "[\(ByteSize(bytes: bytes))]") == [ByteSize(bytes: bytes)])
    }
  }

  @Test("A list, nothing and a boolean are no quantity", arguments: [("[]", "a list"), ("~", "nothing"), ("true", "true")])
  func wrongShapes(yaml: String, found: String) {
    #expect(decodingProblems([TimeSpan].self, "[\(yaml)]").first?.hasSuffix("found \(found)") == true)
  }
}
