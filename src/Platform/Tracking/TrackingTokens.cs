using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Tracking;

/// <summary>Makes and reads the sealed part of tracked addresses: nobody else can read, alter or make one. Thread safe.</summary>
/// <remarks>
/// AES-256-GCM under keys derived from the key ring (HKDF, one purpose each); older keys of the ring go on opening what they sealed.
/// The nonce is an HMAC of the text, so the same link of the same copy always gets the same address and a nonce repeats only with its text.
/// Before sealing: kind, account, message id (16), recipient with its length, target. After: format, key id, nonce (12), ciphertext, tag (16), in base64url.
/// </remarks>
internal sealed class TrackingTokens(KeyRing keyRing)
{
    /// <summary>Longer ones are not even decoded.</summary>
    public const int MaxTextLength = 4_096;

    private const byte Format = 1;
    private const int IdLength = 16;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int MaxHeaderLength = 6;

    private readonly ConcurrentDictionary<int, Keys> _keys = new();

    public string Seal(TrackingToken token)
    {
        var keyId = keyRing.CurrentKeyId;
        var keys = KeysOf(keyId)!;
        var plain = Write(token);
        Span<byte> header = stackalloc byte[MaxHeaderLength];
        header[0] = Format;
        header = header[..(1 + VarInt.Write(header[1..], (ulong)keyId))];

        var result = new byte[header.Length + NonceLength + plain.Length + TagLength];
        header.CopyTo(result);
        var nonce = result.AsSpan(header.Length, NonceLength);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(keys.Nonce, plain, mac);
        mac[..NonceLength].CopyTo(nonce);
        using var aes = new AesGcm(keys.Seal, TagLength);
        aes.Encrypt(nonce, plain, result.AsSpan(header.Length + NonceLength, plain.Length), result.AsSpan(^TagLength..), header);
        return Base64Url.EncodeToString(result);
    }

    /// <summary>Null for whatever we did not make.</summary>
    public TrackingToken? Open(string text)
    {
        if (text.Length > MaxTextLength || !Base64Url.IsValid(text))
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(text);
        // Spare bits of the last digit could make a second address of the same octets.
        return Base64Url.EncodeToString(bytes) == text ? Open(bytes) : null;
    }

    private TrackingToken? Open(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 1 || bytes[0] != Format || !VarInt.TryRead(bytes[1..], out var keyId, out var keyIdLength))
        {
            return null;
        }

        var header = bytes[..(1 + keyIdLength)];
        var body = bytes[header.Length..];
        if (body.Length < NonceLength + TagLength || keyId > int.MaxValue || KeysOf((int)keyId) is not { } keys)
        {
            return null;
        }

        var plain = new byte[body.Length - NonceLength - TagLength];
        using var aes = new AesGcm(keys.Seal, TagLength);
        try
        {
            aes.Decrypt(body[..NonceLength], body[NonceLength..^TagLength], body[^TagLength..], plain, header);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        return Read(plain);
    }

    private static byte[] Write(TrackingToken token)
    {
        var recipient = Encoding.UTF8.GetBytes(token.Recipient);
        var url = Encoding.UTF8.GetBytes(token.Url ?? string.Empty);
        var plain = new byte[1 + VarInt.MaxLength + IdLength + VarInt.MaxLength + recipient.Length + url.Length];
        plain[0] = (byte)token.Kind;
        var at = 1 + VarInt.Write(plain.AsSpan(1), (ulong)token.AccountId);
        token.MessageId.ToBytes().CopyTo(plain, at);
        at += IdLength;
        at += VarInt.Write(plain.AsSpan(at), (ulong)recipient.Length);
        recipient.CopyTo(plain, at);
        at += recipient.Length;
        url.CopyTo(plain, at);
        return plain[..(at + url.Length)];
    }

    // What was sealed is ours and well formed; a later version may have sealed what this one does not know.
    private static TrackingToken? Read(ReadOnlySpan<byte> plain)
    {
        if (plain.Length < 1 || !Enum.IsDefined((TokenKind)plain[0]) || !VarInt.TryRead(plain[1..], out var accountId, out var length))
        {
            return null;
        }

        var kind = (TokenKind)plain[0];
        var rest = plain[(1 + length)..];
        if (rest.Length < IdLength || !VarInt.TryRead(rest[IdLength..], out var recipientLength, out length))
        {
            return null;
        }

        var id = QueueId.FromBytes(rest[..IdLength]);
        rest = rest[(IdLength + length)..];
        if ((ulong)rest.Length < recipientLength)
        {
            return null;
        }

        return new TrackingToken
        {
            Kind = kind,
            AccountId = (long)accountId,
            MessageId = id,
            Recipient = Encoding.UTF8.GetString(rest[..(int)recipientLength]),
            Url = kind == TokenKind.Click ? Encoding.UTF8.GetString(rest[(int)recipientLength..]) : null,
        };
    }

    private Keys? KeysOf(int keyId)
    {
        if (_keys.TryGetValue(keyId, out var known))
        {
            return known;
        }

        return keyRing.Derive(keyId, "tracking seal") is { } seal && keyRing.Derive(keyId, "tracking nonce") is { } nonce
            ? _keys.GetOrAdd(keyId, new Keys(seal, nonce))
            : null;
    }

    private sealed record Keys(byte[] Seal, byte[] Nonce);
}
