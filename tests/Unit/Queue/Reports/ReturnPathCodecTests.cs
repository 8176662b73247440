using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ReturnPathCodecTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    private readonly FixedTokenKeys _keys = new();

    private ReturnPathCodec Codec => new(_keys);

    [Fact]
    public void Comes_back_as_it_was_made_also_in_capitals()
    {
        var id = QueueId.New(Now);
        var local = Codec.Encode(id, 4_711, Now.AddDays(19));
        Assert.InRange(local.Length, 1, 64);
        foreach (var written in new[] { local, local.ToUpperInvariant() })
        {
            var token = Codec.Decode(written);
            Assert.Equal((id, 4_711u), (token!.Message, token.VariantBits));
            Assert.False(token.IsOver(Now.AddDays(19)));
            Assert.True(token.IsOver(Now.AddDays(21)));
        }
    }

    [Fact]
    public void A_changed_digit_is_noticed_wherever_it_is()
    {
        var local = Codec.Encode(QueueId.New(Now), 1, Now);
        for (var i = 1; i < local.Length; i++)
        {
            var changed = local[..i] + (local[i] == '0' ? '2' : '0') + local[(i + 1)..];
            Assert.Null(Codec.Decode(changed));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("b")]
    [InlineData("postmaster")]
    [InlineData("bzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("b!000000000000000000000000000000000000000000000000000")]
    public void What_is_none_is_none(string local) => Assert.Null(Codec.Decode(local));

    [Fact]
    public void Older_keys_verify_and_unknown_ones_do_not()
    {
        var old = Codec.Encode(QueueId.New(Now), 1, Now);
        _keys.KeyId = 2;
        Assert.NotNull(Codec.Decode(old));
        var current = Codec.Encode(QueueId.New(Now), 1, Now);
        _keys.KeyId = 1;
        Assert.Null(Codec.Decode(current));
    }
}
