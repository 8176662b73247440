namespace Relay.Queue;

/// <summary>HMAC keys by purpose, from the key ring; older ones verify for the life of their tokens.</summary>
public interface ITokenKeys
{
    (int KeyId, byte[] Key) Current(string purpose);

    /// <summary>Null when the ring does not hold it.</summary>
    byte[]? Find(int keyId, string purpose);
}
