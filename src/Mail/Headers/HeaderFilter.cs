using System.Buffers;

namespace Relay.Mail;

/// <summary>Takes fields of given names out of the header block of content that passes in pieces of any size; everything else stays exact.</summary>
/// <remarks>
/// Where the block ends is decided as <see cref="HeaderReader"/> decides it: at the blank line, or before the first line that is no field;
/// behind it nothing is looked at. Content is given back as slices of what came in. Held back is only the beginning of a line that may
/// become one of the names, and only when a piece ends inside it: content without such fields costs no memory. Not thread-safe.
/// </remarks>
public sealed class HeaderFilter
{
    /// <summary>Octets of removed fields that are kept; beyond it <see cref="IsTooLarge"/>.</summary>
    public const int MaxRemovedBytes = 16 * 1024;

    // A name with more space than this before its colon is not recognised, and stays.
    private const int MaxHeldBytes = 128;

    private readonly byte[][] _names;
    private readonly byte _kept;
    private bool _isForgotten;
    private Place _place;
    private bool _isFirstLine = true;
    private bool _wasDropped;
    private bool _hasName;
    private int _matched;
    private int _spaces;
    private uint _possible;
    private byte[]? _held;
    private int _heldCount;
    private ArrayBufferWriter<byte>? _removed;

    /// <param name="names">At most 32 field names in lower case.</param>
    /// <param name="forgotten">More of them, whose fields are not kept by <see cref="Removed"/> and may be of any size.</param>
    public HeaderFilter(byte[][] names, params byte[][] forgotten)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(names.Length + forgotten.Length, 32);
        _names = forgotten.Length == 0 ? names : [.. names, .. forgotten];
        _kept = (byte)names.Length;
    }

    private enum Place : byte
    {
        LineStart,

        /// <summary>So far the line is the beginning of one of the names, or one of them and space.</summary>
        Candidate,

        /// <summary>The name of a field that stays, if it is a field.</summary>
        Name,
        SpaceBehindName,

        /// <summary>Inside a line that stays.</summary>
        Kept,

        /// <summary>Inside a line that goes.</summary>
        Dropped,
        Body,
    }

    /// <summary>The header block is over: what follows need not pass through here.</summary>
    public bool IsDone => _place == Place.Body;

    /// <summary>More was removed than is kept of it.</summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>Takes the next piece; returns the next slice of content that stays, possibly empty, valid until the next call.</summary>
    /// <param name="consumed">Call again with the rest until all is consumed. 0 means that the slice is what was held back before.</param>
    public ReadOnlyMemory<byte> Filter(ReadOnlyMemory<byte> piece, out int consumed)
    {
        var input = piece.Span;
        if (_wasDropped && _place == Place.LineStart && input is [(byte)' ' or (byte)'\t', ..])
        {
            _place = Place.Dropped;
        }

        if (_place == Place.Dropped)
        {
            return DropLine(input, out consumed);
        }

        var at = 0;
        var lineStart = 0;
        while (at < input.Length && _place != Place.Body)
        {
            switch (_place)
            {
                case Place.LineStart:
                    lineStart = at;
                    BeginLine(input[at]);
                    break;
                case Place.Kept:
                    at = AfterLine(input, at);
                    break;
                case Place.Candidate when IsOurs(input[at]):
                    return lineStart > 0 ? UpTo(lineStart, piece, out consumed) : BeginDrop(input, out consumed);
                case Place.Candidate when Matches(input[at]):
                    at++;
                    break;
                case Place.Candidate when _heldCount > 0:
                    consumed = 0;
                    return TakeHeld();
                case Place.Candidate:
                    _hasName = _matched > 0;
                    _place = _spaces > 0 ? Place.SpaceBehindName : Place.Name;
                    break;
                default:
                    at += TakeName(input[at]);
                    break;
            }
        }

        if (_place == Place.Candidate)
        {
            return lineStart > 0 ? UpTo(lineStart, piece, out consumed) : HoldBack(input, out consumed);
        }

        consumed = input.Length;
        return piece;
    }

    /// <summary>Says that the content has ended; returns what was held back.</summary>
    public ReadOnlyMemory<byte> End() => TakeHeld();

    /// <summary>The fields removed so far, in order.</summary>
    public HeaderBlock Removed() => _removed is null ? HeaderBlock.Empty : HeaderBlock.Parse(_removed.WrittenMemory);

    private void BeginLine(byte b)
    {
        var isContinuation = !_isFirstLine && b is (byte)' ' or (byte)'\t';
        _isFirstLine = false;
        _wasDropped = false;
        _matched = 0;
        _spaces = 0;
        _possible = uint.MaxValue;
        _place = isContinuation ? Place.Kept : Place.Candidate;
    }

    private int AfterLine(ReadOnlySpan<byte> input, int at)
    {
        var length = input[at..].IndexOf((byte)'\n') + 1;
        if (length == 0)
        {
            return input.Length;
        }

        _place = Place.LineStart;
        return at + length;
    }

    private bool IsOurs(byte b) => b == ':' && HasWholeName();

    private bool HasWholeName()
    {
        for (var i = 0; i < _names.Length; i++)
        {
            if ((_possible & (1u << i)) != 0 && _names[i].Length == _matched)
            {
                _isForgotten = i >= _kept;
                return true;
            }
        }

        return false;
    }

    private bool Matches(byte b)
    {
        if (b is (byte)' ' or (byte)'\t')
        {
            return HasWholeName() && _matched + ++_spaces <= MaxHeldBytes;
        }

        if (_spaces > 0)
        {
            return false;
        }

        var lower = b is >= (byte)'A' and <= (byte)'Z' ? b | 0x20 : b;
        var possible = 0u;
        for (var i = 0; i < _names.Length; i++)
        {
            if ((_possible & (1u << i)) != 0 && _matched < _names[i].Length && _names[i][_matched] == lower)
            {
                possible |= 1u << i;
            }
        }

        if (possible == 0)
        {
            return false;
        }

        _possible = possible;
        _matched++;
        return true;
    }

    // As HeaderReader: what is no field name ends the block.
    private int TakeName(byte b)
    {
        if (b == ':' && _hasName)
        {
            _place = Place.Kept;
        }
        else if (b is (byte)' ' or (byte)'\t' && _hasName)
        {
            _place = Place.SpaceBehindName;
        }
        else if (b is < (byte)'!' or > (byte)'~' or (byte)':' || _place == Place.SpaceBehindName)
        {
            _place = Place.Body;
            return 0;
        }

        _hasName = true;
        return 1;
    }

    // The line at its end begins the next call.
    private ReadOnlyMemory<byte> UpTo(int lineStart, ReadOnlyMemory<byte> piece, out int consumed)
    {
        _place = Place.LineStart;
        consumed = lineStart;
        return piece[..lineStart];
    }

    private ReadOnlyMemory<byte> BeginDrop(ReadOnlySpan<byte> input, out int consumed)
    {
        Remember(_held.AsSpan(0, _heldCount));
        _heldCount = 0;
        _wasDropped = true;
        _place = Place.Dropped;
        return DropLine(input, out consumed);
    }

    private ReadOnlyMemory<byte> DropLine(ReadOnlySpan<byte> input, out int consumed)
    {
        consumed = AfterLine(input, 0);
        Remember(input[..consumed]);
        return default;
    }

    private void Remember(ReadOnlySpan<byte> dropped)
    {
        if (_isForgotten)
        {
            return;
        }

        _removed ??= new ArrayBufferWriter<byte>();
        if (_removed.WrittenCount + dropped.Length > MaxRemovedBytes)
        {
            IsTooLarge = true;
            return;
        }

        _removed.Write(dropped);
    }

    private ReadOnlyMemory<byte> HoldBack(ReadOnlySpan<byte> input, out int consumed)
    {
        _held ??= new byte[MaxHeldBytes];
        input.CopyTo(_held.AsSpan(_heldCount));
        _heldCount += input.Length;
        consumed = input.Length;
        return default;
    }

    private ReadOnlyMemory<byte> TakeHeld()
    {
        if (_heldCount == 0)
        {
            return default;
        }

        // The line goes on as the name of a field that stays.
        var held = _held.AsMemory(0, _heldCount);
        _hasName = true;
        _place = held.Span[^1] is (byte)' ' or (byte)'\t' ? Place.SpaceBehindName : Place.Name;
        _heldCount = 0;
        return held;
    }
}
