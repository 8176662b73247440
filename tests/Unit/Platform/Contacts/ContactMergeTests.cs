using Relay.Mail;
using Relay.Platform.Contacts;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ContactMergeTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly ContactBook Plain = new() { Id = 7, Uid = Guid.NewGuid(), AccountId = 1, Name = "news", CreatedAt = Now, UpdatedAt = Now };
    private static readonly ContactBook Asking = Plain with { DoubleOptIn = new DoubleOptIn(true, null, null, null) };

    [Fact]
    public void A_new_contact_is_subscribed_unless_it_is_said_not_to_be()
    {
        Assert.Equal((ContactState.Subscribed, Now), (New(Plain, null).State, New(Plain, null).SubscribedAt));
        Assert.Equal(ContactState.Subscribed, New(Plain, true).State);
        var left = New(Plain, false);
        Assert.Equal((ContactState.Unsubscribed, UnsubscribeReason.Sender, null), (left.State, left.Reason, left.SubscribedAt));
    }

    [Fact]
    public void A_book_with_double_opt_in_asks_first()
    {
        var contact = New(Asking, true);
        Assert.Equal((ContactState.Pending, 1, Now), (contact.State, contact.Invitation.Number, contact.Invitation.DueAt));
        Assert.Equal(ContactState.Unsubscribed, New(Asking, false).State);
        Assert.Equal(ContactState.Subscribed, New(Asking, null, isConfirmed: true).State);
    }

    [Fact]
    public void Who_waits_for_an_answer_is_not_asked_again_by_a_repetition() => Assert.Null(Apply(Asking, New(Asking, true), new ContactDraft { Subscribed = true }));

    [Fact]
    public void What_nobody_says_stays_and_an_empty_name_goes()
    {
        var contact = Apply(Plain, null, Draft() with { FirstName = "Ada", LastName = "L", Properties = new Dictionary<string, string> { ["a"] = "1" }, Tags = ["x"] })!;
        var changed = Apply(Plain, contact, new ContactDraft { FirstName = "" })!;
        Assert.Equal((null, "L"), (changed.FirstName, changed.LastName));
        Assert.Equal("1", changed.Properties["a"]);
        Assert.Equal(["x"], changed.Tags);
        Assert.Null(Apply(Plain, contact, new ContactDraft { FirstName = "Ada", Tags = ["x"], Properties = new Dictionary<string, string> { ["a"] = "1" } }));
    }

    [Fact]
    public void Properties_and_tags_are_replaced_or_merged()
    {
        var contact = Apply(Plain, null, Draft() with { Properties = new Dictionary<string, string> { ["a"] = "1" }, Tags = ["x"] })!;
        var draft = new ContactDraft { Properties = new Dictionary<string, string> { ["b"] = "2" }, Tags = ["y", "a"] };
        Assert.Equal(["b"], Apply(Plain, contact, draft)!.Properties.Keys);
        Assert.Equal(["a", "y"], Apply(Plain, contact, draft)!.Tags);
        Assert.Equal(["a", "b"], Apply(Plain, contact, draft with { IsMerged = true })!.Properties.Keys.Order());
        Assert.Equal(["a", "y"], Apply(Plain, contact, draft with { IsMerged = true, RemovedTags = ["x"] })!.Tags);
    }

    [Fact]
    public void The_account_may_take_back_what_it_ended_itself()
    {
        var left = Apply(Plain, New(Plain, true), new ContactDraft { Subscribed = false })!;
        Assert.Equal(UnsubscribeReason.Sender, left.Reason);
        var back = Apply(Plain, left, new ContactDraft { Subscribed = true })!;
        Assert.Equal((ContactState.Subscribed, null, null), (back.State, back.Reason, back.UnsubscribedAt));
    }

    [Theory]
    [InlineData(UnsubscribeReason.Person)]
    [InlineData(UnsubscribeReason.Complaint)]
    public void A_person_who_left_is_not_brought_back_by_the_account(UnsubscribeReason reason)
    {
        var left = ContactMerge.Leave(New(Plain, true), reason, "enough", Now);
        Assert.Null(Apply(Plain, left, new ContactDraft { Subscribed = true }));
        Assert.Null(Apply(Asking, left, new ContactDraft { Subscribed = true, IsConfirmed = true }));
        Assert.Equal((ContactState.Unsubscribed, "Ada", reason), (Apply(Plain, left, new ContactDraft { Subscribed = true, FirstName = "Ada" })!.State, Apply(Plain, left, new ContactDraft { FirstName = "Ada" })!.FirstName, left.Reason));

        var leftAll = New(Plain, true) with { State = ContactState.Pending, LeftAllAt = Now };
        Assert.Null(Apply(Plain, leftAll, new ContactDraft { Subscribed = true }));
    }

    [Fact]
    public void Leaving_makes_earlier_links_void()
    {
        var asked = New(Asking, true);
        var left = ContactMerge.Leave(asked, UnsubscribeReason.Person, null, Now);
        Assert.Equal((2, null), (left.Invitation.Number, left.Invitation.DueAt));
    }

    [Fact]
    public void Who_was_subscribed_before_need_not_be_asked_again()
    {
        var joined = ContactMerge.Join(New(Asking, true), Now);
        var left = Apply(Asking, joined, new ContactDraft { Subscribed = false })!;
        Assert.Equal(ContactState.Subscribed, Apply(Asking, left, new ContactDraft { Subscribed = true })!.State);
        var never = New(Asking, false);
        Assert.Equal(ContactState.Pending, Apply(Asking, never, new ContactDraft { Subscribed = true })!.State);
    }

    private static ContactDraft Draft() => new() { Address = Mailbox.Parse("ada@example.com") };

    private static Contact New(ContactBook book, bool? subscribed, bool isConfirmed = false) =>
        Apply(book, null, Draft() with { Subscribed = subscribed, IsConfirmed = isConfirmed })!;

    private static Contact? Apply(ContactBook book, Contact? current, ContactDraft draft) => ContactMerge.Apply(book, current, draft, Now);
}
