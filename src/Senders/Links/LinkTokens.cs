using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Relay.Senders;

/// <summary>Signs and reads the tokens of links that act for a recipient: confirmation, unsubscribe. Thread safe.</summary>
/// <remarks>
/// Format (1), key id, content, HMAC-SHA256 cut to 16 octets over all before, in base64url. The HMAC key is derived from the key ring for the
/// purpose, so that a token of one purpose is none of another; older keys of the ring go on verifying what they signed. The compare takes
/// the same time wherever it fails.
/// </remarks>
public sealed class LinkTokens(KeyRing keyRing, TimeProvider time)
{
    /// <summary>Longer ones are not even decoded.</summary>
    public const int MaxTextLength = 1_024;

    private const byte Format = 1;
    private const int MacLength = 16;
    private const int MaxMessageIdLength = 16;

    public string Write(LinkToken token)
    {
        var (keyId, key) = keyRing.DeriveCurrent(NameOf(token.Purpose));
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Format);
        writer.Write7BitEncodedInt(keyId);
        writer.Write7BitEncodedInt64(token.AccountId);
        writer.Write7BitEncodedInt64(token.ListId);
        writer.Write7BitEncodedInt64(token.MemberId);
        writer.Write7BitEncodedInt(token.Stream);
        writer.Write7BitEncodedInt64(token.Number);
        writer.Write7BitEncodedInt64(token.ExpiresAt is { } expires ? expires.ToUnixTimeSeconds() / 60 : 0);
        writer.Write((byte)token.MessageId.Length);
        writer.Write(token.MessageId.Span);
        writer.Write(Encoding.UTF8.GetBytes(token.Recipient));
        writer.Flush();
        var content = stream.ToArray();
        return Base64Url.EncodeToString([.. content, .. Mac(key, content)]);
    }

    /// <summary>Null for whatever we did not make for this purpose, and for what has expired.</summary>
    public LinkToken? Read(string text, LinkPurpose purpose)
    {
        if (text.Length > MaxTextLength || !Base64Url.IsValid(text))
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(text);

        // Spare bits of the last digit could make a second text of the same octets.
        return Base64Url.EncodeToString(bytes) == text && bytes.Length > MacLength && bytes[0] == Format ? Read(bytes, purpose) : null;
    }

    private LinkToken? Read(byte[] bytes, LinkPurpose purpose)
    {
        using var stream = new MemoryStream(bytes, 0, bytes.Length - MacLength);
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        try
        {
            reader.ReadByte();
            var keyId = reader.Read7BitEncodedInt();
            if (keyRing.Derive(keyId, NameOf(purpose)) is not { } key
                || !CryptographicOperations.FixedTimeEquals(Mac(key, bytes.AsSpan(0, bytes.Length - MacLength)), bytes.AsSpan(^MacLength..)))
            {
                return null;
            }

            var token = Content(reader, purpose, stream);
            return token.ExpiresAt <= time.GetUtcNow() ? null : token;
        }
        catch (Exception malformed) when (malformed is EndOfStreamException or FormatException)
        {
            return null;
        }
    }

    private static LinkToken Content(BinaryReader reader, LinkPurpose purpose, MemoryStream stream)
    {
        var token = new LinkToken
        {
            Purpose = purpose,
            AccountId = reader.Read7BitEncodedInt64(),
            ListId = reader.Read7BitEncodedInt64(),
            MemberId = reader.Read7BitEncodedInt64(),
            Stream = reader.Read7BitEncodedInt(),
            Number = reader.Read7BitEncodedInt64(),
            ExpiresAt = reader.Read7BitEncodedInt64() is > 0 and var minutes ? DateTimeOffset.FromUnixTimeSeconds(minutes * 60) : null,
        };
        var messageId = reader.ReadBytes(Math.Min((int)reader.ReadByte(), MaxMessageIdLength));
        return token with { MessageId = messageId, Recipient = Encoding.UTF8.GetString(reader.ReadBytes((int)(stream.Length - stream.Position))) };
    }

    private static string NameOf(LinkPurpose purpose) => purpose == LinkPurpose.Confirm ? "link confirm" : "link unsubscribe";

    private static byte[] Mac(byte[] key, ReadOnlySpan<byte> content) => HMACSHA256.HashData(key, content)[..MacLength];
}
