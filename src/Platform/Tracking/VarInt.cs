namespace Relay.Platform.Tracking;

/// <summary>Numbers in as few octets as they need: seven bits each, the lowest first.</summary>
internal static class VarInt
{
    public const int MaxLength = 10;

    /// <summary>Returns how many octets were written.</summary>
    public static int Write(Span<byte> target, ulong value)
    {
        var length = 0;
        while (value >= 0x80)
        {
            target[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        target[length++] = (byte)value;
        return length;
    }

    public static bool TryRead(ReadOnlySpan<byte> source, out ulong value, out int length)
    {
        value = 0;
        for (length = 0; length < source.Length && length < MaxLength; length++)
        {
            value |= (ulong)(source[length] & 0x7F) << (7 * length);
            if (source[length] < 0x80)
            {
                length++;
                return true;
            }
        }

        return false;
    }
}
