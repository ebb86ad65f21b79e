import Metainfo
import PluginKit
import Testing

struct HandshakeAdditionsTests {
  @Test(arguments: ["m", "v", "reqq", "p", "yourip", "upload_only"])
  func keysOfTheCoreCannotBeAdded(key: String) {
    var additions = HandshakeAdditions()
    let isAdded = additions.add(key, .integer(1))
    #expect(!isAdded)
    #expect(additions.keys.isEmpty)
  }

  @Test func firstPluginKeepsItsKey() {
    var additions = HandshakeAdditions()
    let (first, second) = (additions.add("metadata_size", .integer(1)), additions.add("metadata_size", .integer(2)))
    #expect(first && !second)
    #expect(additions.keys == ["metadata_size": .integer(1)])
  }
}
