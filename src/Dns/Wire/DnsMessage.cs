using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Relay.Dns;

/// <summary>A response as far as a stub resolver needs it (RFC 1035 §4.1).</summary>
internal sealed class DnsMessage
{
    /// <summary>More records than any honest answer has; a longer one is malformed to us.</summary>
    public const int MaxRecords = 512;

    private const int HeaderLength = 12;
    private const ushort InternetClass = 1;
    private const ushort ExtendedErrorOption = 15;

    private readonly List<ResourceRecord> _answers = [];

    private DnsMessage(ushort flags)
    {
        Code = (ResponseCode)(flags & 0xf);
        IsAuthoritative = (flags & 0x0400) != 0;
        IsAuthenticData = (flags & 0x0020) != 0;
        IsTruncated = (flags & 0x0200) != 0;
    }

    public ResponseCode Code { get; private set; }

    public bool IsAuthoritative { get; }

    /// <summary>AD (RFC 4035 §3.2.3); worth only what its sender and the way to it are worth.</summary>
    public bool IsAuthenticData { get; }

    /// <summary>TC: nothing behind the question was read, for part of an answer is no answer (RFC 2181 §9).</summary>
    public bool IsTruncated { get; }

    /// <summary>The records of class IN and of types we know, in the server's order.</summary>
    public IReadOnlyList<ResourceRecord> Answers => _answers;

    /// <summary>How long a negative answer holds, from the SOA in the authority section; null without one (RFC 2308 §5).</summary>
    public TimeSpan? NegativeTimeToLive { get; private set; }

    /// <summary>The authority section names servers: without answer and SOA this is a referral, not an answer.</summary>
    public bool HasNameServers { get; private set; }

    /// <summary>EDE, if the server gave one.</summary>
    public ExtendedError? Error { get; private set; }

    /// <summary>
    /// True when these bytes start a response to exactly this question. Everything else is somebody else's datagram.
    /// A failure may come without question, as servers that could not read ours send it.
    /// </summary>
    public static bool IsResponseTo(ReadOnlySpan<byte> bytes, ushort id, string name, RecordType type)
    {
        if (bytes.Length < HeaderLength || BinaryPrimitives.ReadUInt16BigEndian(bytes) != id)
        {
            return false;
        }

        var flags = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        var isStandardResponse = (flags & 0xf800) == 0x8000;
        var questions = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if (!isStandardResponse || questions == 0)
        {
            return isStandardResponse && (ResponseCode)(flags & 0xf) is not (ResponseCode.NoError or ResponseCode.NameError);
        }

        var reader = new WireReader(bytes, HeaderLength);
        return questions == 1
            && reader.TryReadName(out var askedName)
            && reader.TryReadUInt16(out var askedType)
            && reader.TryReadUInt16(out var askedClass)
            && DnsName.AreEqual(askedName, name)
            && askedType == (ushort)type
            && askedClass == InternetClass;
    }

    /// <summary>Reads a response; false when any part is malformed or the counts promise more than there is.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DnsMessage? message)
    {
        message = null;
        if (bytes.Length < HeaderLength)
        {
            return false;
        }

        var result = new DnsMessage(BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
        var reader = new WireReader(bytes, HeaderLength);
        if (!TrySkipQuestions(ref reader, BinaryPrimitives.ReadUInt16BigEndian(bytes[4..])))
        {
            return false;
        }

        if (result.IsTruncated
            || (result.TryReadSection(bytes, ref reader, Section.Answer)
                && result.TryReadSection(bytes, ref reader, Section.Authority)
                && result.TryReadSection(bytes, ref reader, Section.Additional)))
        {
            message = result;
            return true;
        }

        return false;
    }

    private static bool TrySkipQuestions(ref WireReader reader, int count) =>
        count == 0 || (count == 1 && reader.TrySkipName() && reader.TrySkip(4));

    private bool TryReadSection(ReadOnlySpan<byte> bytes, ref WireReader reader, Section section)
    {
        int count = BinaryPrimitives.ReadUInt16BigEndian(bytes[(int)section..]);
        if (count > MaxRecords)
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            if (!TryReadRecord(bytes, ref reader, section))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryReadRecord(ReadOnlySpan<byte> bytes, ref WireReader reader, Section section)
    {
        if (!reader.TryReadName(out var owner)
            || !reader.TryReadUInt16(out var type)
            || !reader.TryReadUInt16(out var recordClass)
            || !reader.TryReadUInt32(out var timeToLive)
            || !reader.TryReadUInt16(out var length))
        {
            return false;
        }

        var position = reader.Position;
        if (!reader.TryReadBytes(length, out var data))
        {
            return false;
        }

        if (section == Section.Additional)
        {
            return type != (ushort)RecordType.Opt || TryReadOpt(data, timeToLive);
        }

        if (recordClass != InternetClass)
        {
            return true;
        }

        return section == Section.Authority
            ? TryReadAuthority(bytes, position, length, (RecordType)type, timeToLive)
            : TryReadAnswer(bytes, position, length, (RecordType)type, owner, timeToLive);
    }

    private bool TryReadAnswer(ReadOnlySpan<byte> bytes, int position, int length, RecordType type, string owner, uint timeToLive)
    {
        if (!RecordReader.TryRead(bytes, position, length, type, out var data))
        {
            return false;
        }

        if (data is not null)
        {
            _answers.Add(new ResourceRecord(owner, Lifetime(timeToLive), data));
        }

        return true;
    }

    private bool TryReadAuthority(ReadOnlySpan<byte> bytes, int position, int length, RecordType type, uint timeToLive)
    {
        HasNameServers |= type == RecordType.Ns;
        if (type != RecordType.Soa)
        {
            return true;
        }

        var reader = new WireReader(bytes[..(position + length)], position);
        if (!reader.TrySkipName() || !reader.TrySkipName() || !reader.TrySkip(16) || !reader.TryReadUInt32(out var minimum))
        {
            return false;
        }

        var minimumLifetime = Lifetime(minimum);
        var recordLifetime = Lifetime(timeToLive);
        NegativeTimeToLive = minimumLifetime < recordLifetime ? minimumLifetime : recordLifetime;
        return true;
    }

    /// <summary>The OPT record's TTL holds the upper bits of the code (RFC 6891 §6.1.3), its data the options.</summary>
    private bool TryReadOpt(ReadOnlySpan<byte> options, uint extendedFlags)
    {
        Code = (ResponseCode)(((int)(extendedFlags >> 24) << 4) | ((int)Code & 0xf));
        var reader = new WireReader(options, 0);
        while (reader.Position < options.Length)
        {
            if (!reader.TryReadUInt16(out var option)
                || !reader.TryReadUInt16(out var length)
                || !reader.TryReadBytes(length, out var data))
            {
                return false;
            }

            if (option == ExtendedErrorOption)
            {
                Error ??= ExtendedError.Read(data);
            }
        }

        return true;
    }

    private static TimeSpan Lifetime(uint seconds) => TimeSpan.FromSeconds(seconds > int.MaxValue ? 0 : seconds);

    /// <summary>Each section, by the place of its count in the header.</summary>
    private enum Section
    {
        Answer = 6,
        Authority = 8,
        Additional = 10,
    }
}
