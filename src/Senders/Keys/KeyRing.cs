using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Relay.Senders;

/// <summary>Master keys that seal secrets at rest (AES-256-GCM, with key id) and derive HMAC keys per purpose. Thread safe.</summary>
/// <remarks>
/// The file has one line <c>id base64</c> per 256-bit key; the highest id is current, the others still open and verify what was
/// made under them. Sealing and HMAC use different keys, both derived by HKDF-SHA256 (RFC 5869), so neither use weakens the other.
/// Sealed form: format 1, key id (4 octets), nonce (12), ciphertext, tag (16); key id and purpose are associated data.
/// </remarks>
public sealed class KeyRing
{
    private const int KeyLength = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeaderLength = 1 + sizeof(int);
    private const int MaxKeys = 1000;
    private const byte Format = 1;

    private readonly string? _path;
    private readonly Lock _rotation = new();
    private volatile SortedList<int, byte[]> _keys;

    private KeyRing(SortedList<int, byte[]> keys, string? path)
    {
        _keys = keys;
        _path = path;
    }

    /// <summary>Ids of all keys, oldest first.</summary>
    public IReadOnlyList<int> KeyIds => [.. _keys.Keys];

    public int CurrentKeyId => _keys.GetKeyAtIndex(_keys.Count - 1);

    /// <summary>Reads the key file, or makes it (mode 0600, synced) with one new key when there is none.</summary>
    /// <exception cref="FormatException">The file is no key file.</exception>
    /// <exception cref="IOException">It cannot be read or made durable.</exception>
    public static KeyRing LoadOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            var first = new SortedList<int, byte[]> { [1] = RandomNumberGenerator.GetBytes(KeyLength) };
            DurableFile.Write(path, Encoding.ASCII.GetBytes(ToText(first)), replace: false);
            return new KeyRing(first, path);
        }

        return new KeyRing(ParseKeys(File.ReadAllText(path)), path);
    }

    /// <summary>A ring from the text of a key file, for keys that come from the environment or a credential store; it cannot be rotated.</summary>
    /// <exception cref="FormatException">The text is no key file.</exception>
    public static KeyRing Parse(string text) => new(ParseKeys(text), path: null);

    /// <summary>The text of a new key file with one key.</summary>
    public static string CreateText() => ToText(new SortedList<int, byte[]> { [1] = RandomNumberGenerator.GetBytes(KeyLength) });

    /// <summary>Adds a new current key to the file and then to the ring; returns its id.</summary>
    /// <exception cref="InvalidOperationException">The ring was not loaded from a file, or is full.</exception>
    /// <exception cref="IOException">The file could not be made durable; the ring is unchanged.</exception>
    public int Rotate()
    {
        lock (_rotation)
        {
            if (_path is null || _keys.Count >= MaxKeys)
            {
                throw new InvalidOperationException(_path is null ? "The key ring has no file to rotate." : "The key ring is full.");
            }

            var keys = new SortedList<int, byte[]>(_keys);
            var id = CurrentKeyId + 1;
            keys.Add(id, RandomNumberGenerator.GetBytes(KeyLength));
            DurableFile.Write(_path, Encoding.ASCII.GetBytes(ToText(keys)), replace: true);
            _keys = keys;
            return id;
        }
    }

    /// <summary>Seals under the current master key; the key id is part of the result.</summary>
    /// <param name="purpose">Bound as associated data, so that a sealed value cannot be moved to another use.</param>
    public byte[] Seal(ReadOnlySpan<byte> secret, string purpose)
    {
        var keys = _keys;
        var keyId = keys.GetKeyAtIndex(keys.Count - 1);
        var result = new byte[HeaderLength + NonceLength + secret.Length + TagLength];
        result[0] = Format;
        BinaryPrimitives.WriteInt32BigEndian(result.AsSpan(1), keyId);
        var nonce = result.AsSpan(HeaderLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(SealingKey(keys[keyId]), TagLength);
        var ciphertext = result.AsSpan(HeaderLength + NonceLength, secret.Length);
        aes.Encrypt(nonce, secret, ciphertext, result.AsSpan(^TagLength..), AssociatedData(keyId, purpose));
        return result;
    }

    /// <exception cref="CryptographicException">Unknown key id, other purpose, or altered bytes.</exception>
    public byte[] Open(ReadOnlySpan<byte> sealedSecret, string purpose)
    {
        if (sealedSecret.Length < HeaderLength + NonceLength + TagLength || sealedSecret[0] != Format)
        {
            throw new CryptographicException("The sealed value is malformed.");
        }

        var keyId = BinaryPrimitives.ReadInt32BigEndian(sealedSecret[1..]);
        if (!_keys.TryGetValue(keyId, out var key))
        {
            throw new CryptographicException(string.Create(CultureInfo.InvariantCulture, $"The key ring holds no key {keyId}."));
        }

        var secret = new byte[sealedSecret.Length - HeaderLength - NonceLength - TagLength];
        using var aes = new AesGcm(SealingKey(key), TagLength);
        try
        {
            aes.Decrypt(
                sealedSecret.Slice(HeaderLength, NonceLength),
                sealedSecret.Slice(HeaderLength + NonceLength, secret.Length),
                sealedSecret[^TagLength..],
                secret,
                AssociatedData(keyId, purpose));
        }
        catch (AuthenticationTagMismatchException mismatch)
        {
            throw new CryptographicException(
                string.Create(CultureInfo.InvariantCulture, $"The sealed value does not open with key {keyId} of the key ring: it was sealed by another master.key, or altered."), mismatch);
        }

        return secret;
    }

    /// <summary>32-byte HMAC key for a purpose under the current master key, and the key id that verifies it later.</summary>
    public (int KeyId, byte[] Key) DeriveCurrent(string purpose)
    {
        var keys = _keys;
        var keyId = keys.GetKeyAtIndex(keys.Count - 1);
        return (keyId, HmacKey(keys[keyId], purpose));
    }

    /// <summary>The key of an older id; null when the ring does not hold it.</summary>
    public byte[]? Derive(int keyId, string purpose) => _keys.TryGetValue(keyId, out var key) ? HmacKey(key, purpose) : null;

    private static byte[] SealingKey(byte[] masterKey) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, masterKey, KeyLength, salt: null, "relay seal"u8.ToArray());

    private static byte[] HmacKey(byte[] masterKey, string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, masterKey, KeyLength, salt: null, Encoding.UTF8.GetBytes("relay hmac " + purpose));

    private static byte[] AssociatedData(int keyId, string purpose) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{keyId} {purpose}"));

    private static string ToText(SortedList<int, byte[]> keys) =>
        string.Concat(keys.Select(key => string.Create(CultureInfo.InvariantCulture, $"{key.Key} {Convert.ToBase64String(key.Value)}\n")));

    private static SortedList<int, byte[]> ParseKeys(string text)
    {
        var keys = new SortedList<int, byte[]>();
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split(' ', 2, StringSplitOptions.TrimEntries);
            var key = new byte[KeyLength + 2];
            if (parts.Length != 2
                || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                || !Convert.TryFromBase64String(parts[1], key, out var length)
                || length != KeyLength
                || keys.Count >= MaxKeys
                || !keys.TryAdd(id, key[..KeyLength]))
            {
                // The line itself is a secret and stays out of the message.
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"Line {keys.Count + 1} of the key file is malformed."));
            }
        }

        return keys.Count > 0 ? keys : throw new FormatException("The key file holds no key.");
    }
}
