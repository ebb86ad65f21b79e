// The values that hooks are called with (blocks, layouts, info-hashes, peer ids, extended handshakes) belong to the interface: a plugin in a
// package of its own imports PluginKit alone.
@_exported public import Metainfo
@_exported public import PeerProtocol
