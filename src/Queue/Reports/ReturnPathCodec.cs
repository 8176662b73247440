using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Relay.Queue;

/// <summary>Local parts of return paths: which message and variant a report is about, until when, signed so that nobody can make one up.</summary>
/// <remarks>
/// <c>b</c> and 52 digits in base 32: key id (2 octets), last day (2), message (16), variant (4), HMAC-SHA256 over all before it (8).
/// Without regard to case, since mail systems fold it. 54 characters, so that they fit into the 64 of a local part.
/// </remarks>
public sealed class ReturnPathCodec(ITokenKeys keys, string purpose = ReturnPathCodec.Purpose)
{
    private const string Purpose = "return-path";
    private const string Digits = "0123456789abcdefghjkmnpqrstvwxyz";
    private const char Mark = 'b';
    private const int SignedOctets = 24;
    private const int MacOctets = 8;
    private const int TextLength = 52;

    private static readonly DateTimeOffset FirstDay = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <param name="expires">Rounded up to the end of the day.</param>
    public string Encode(QueueId message, long variantId, DateTimeOffset expires)
    {
        var (keyId, key) = keys.Current(purpose);
        Span<byte> octets = stackalloc byte[SignedOctets + MacOctets];
        BinaryPrimitives.WriteUInt16BigEndian(octets, (ushort)keyId);
        BinaryPrimitives.WriteUInt16BigEndian(octets[2..], (ushort)Math.Clamp((expires - FirstDay).TotalDays + 1, 0, ushort.MaxValue));
        message.ToBytes().CopyTo(octets[4..]);
        BinaryPrimitives.WriteUInt32BigEndian(octets[20..], unchecked((uint)variantId));
        Sign(octets[..SignedOctets], key, octets[SignedOctets..]);
        return Mark + ToText(octets);
    }

    /// <summary>True for what looks like one of ours, whether or not it is.</summary>
    public static bool IsForm(string localPart) => localPart.Length == TextLength + 1 && localPart[0] is 'b' or 'B';

    /// <returns>Null when it is none of ours, or altered.</returns>
    public ReturnPathToken? Decode(string localPart)
    {
        Span<byte> octets = stackalloc byte[SignedOctets + MacOctets];
        if (!IsForm(localPart) || !TryRead(localPart.AsSpan(1), octets)
            || keys.Find(BinaryPrimitives.ReadUInt16BigEndian(octets), purpose) is not { } key)
        {
            return null;
        }

        Span<byte> mac = stackalloc byte[MacOctets];
        Sign(octets[..SignedOctets], key, mac);
        return CryptographicOperations.FixedTimeEquals(mac, octets[SignedOctets..])
            ? new ReturnPathToken(
                QueueId.FromBytes(octets[4..20]),
                BinaryPrimitives.ReadUInt32BigEndian(octets[20..]),
                FirstDay.AddDays(BinaryPrimitives.ReadUInt16BigEndian(octets[2..])))
            : null;
    }

    private static void Sign(ReadOnlySpan<byte> octets, byte[] key, Span<byte> mac)
    {
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, octets, whole);
        whole[..MacOctets].CopyTo(mac);
    }

    private static string ToText(ReadOnlySpan<byte> octets)
    {
        Span<char> text = stackalloc char[TextLength];
        for (var i = 0; i < TextLength; i++)
        {
            text[i] = Digits[FiveBits(octets, i * 5)];
        }

        return text.ToString();
    }

    private static int FiveBits(ReadOnlySpan<byte> octets, int bit)
    {
        var pair = (octets[bit / 8] << 8) | ((bit / 8) + 1 < octets.Length ? octets[(bit / 8) + 1] : 0);
        return (pair >> (11 - (bit % 8))) & 31;
    }

    private static bool TryRead(ReadOnlySpan<char> text, Span<byte> octets)
    {
        octets.Clear();
        for (var i = 0; i < text.Length; i++)
        {
            var digit = Digits.IndexOf(char.ToLowerInvariant(text[i]), StringComparison.Ordinal);
            if (digit < 0)
            {
                return false;
            }

            for (var b = 0; b < 5; b++)
            {
                var bit = (i * 5) + b;
                if (((digit >> (4 - b)) & 1) != 0)
                {
                    if (bit / 8 >= octets.Length)
                    {
                        return false;
                    }

                    octets[bit / 8] |= (byte)(0x80 >> (bit % 8));
                }
            }
        }

        return true;
    }
}

/// <summary>What a return path says.</summary>
/// <param name="VariantBits">The lower 32 bits of the variant's id.</param>
public sealed record ReturnPathToken(QueueId Message, uint VariantBits, DateTimeOffset Expires)
{
    public bool Names(Variant variant) => unchecked((uint)variant.Id) == VariantBits;

    public bool IsOver(DateTimeOffset now) => now >= Expires;
}
