using FsCheck;
using FsCheck.Fluent;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class QueueIdTests
{
    [Fact]
    public void Its_text_and_octets_lead_back_to_it() =>
        Prop.ForAll<Guid>(value =>
        {
            var id = new QueueId(value);
            return QueueId.Parse(id.ToString()) == id && QueueId.FromBytes(id.ToBytes()) == id && id.ToString().Length == 26;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Its_text_octets_and_order_agree() =>
        Prop.ForAll<Guid, Guid>((left, right) =>
        {
            var (a, b) = (new QueueId(left), new QueueId(right));
            var byText = Math.Sign(string.CompareOrdinal(a.ToString(), b.ToString()));
            return byText == Math.Sign(a.CompareTo(b))
                && byText == Math.Sign(a.ToBytes().AsSpan().SequenceCompareTo(b.ToBytes()))
                && a < b == byText < 0 && a > b == byText > 0 && a <= b == byText <= 0 && a >= b == byText >= 0;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Later_ids_sort_behind_earlier_ones()
    {
        var now = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var ids = Enumerable.Range(0, 50).Select(i => QueueId.New(now.AddMilliseconds(i))).ToList();

        Assert.Equal(ids, ids.OrderBy(id => id.ToString(), StringComparer.Ordinal));
    }

    [Fact]
    public void Capital_letters_mean_the_same()
    {
        var id = QueueId.New(DateTimeOffset.UnixEpoch.AddYears(60));

        Assert.True(QueueId.TryParse(id.ToString().ToUpperInvariant(), out var parsed));
        Assert.Equal(id, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("01m7z1ajp4f04a1y0943d1j8d")]
    [InlineData("01m7z1ajp4f04a1y0943d1j8dee")]
    [InlineData("01m7z1ajp4f04a1y0943d1j8di")]
    [InlineData("01m7z1ajp4f04a1y0943d1j8dl")]
    [InlineData("01m7z1ajp4f04a1y0943d1j8do")]
    [InlineData("01m7z1ajp4f04a1y0943d1j8du")]
    [InlineData("01m7z1ajp4f04a1y0943d1j8d-")]
    [InlineData("81m7z1ajp4f04a1y0943d1j8de")]
    public void Refuses_what_is_no_id(string text)
    {
        Assert.False(QueueId.TryParse(text, out _));
        Assert.Throws<FormatException>(() => QueueId.Parse(text));
    }
}
