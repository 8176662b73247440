using Relay.Queue;
using Relay.Senders;

namespace Relay;

/// <summary>Keys of tokens from the key ring.</summary>
internal sealed class RingTokenKeys(KeyRing ring) : ITokenKeys
{
    public (int KeyId, byte[] Key) Current(string purpose) => ring.DeriveCurrent(purpose);

    public byte[]? Find(int keyId, string purpose) => ring.Derive(keyId, purpose);
}
