# SPDX-License-Identifier: GPL-2.0
"""What run.py searches: configurations, and rules to delete in them."""

# name: (model, bounds). The words for the bounds are at the head of the models.
CONFIGURATIONS = {
    # Three heads, `majority`. With two places in the order, a part of what a view ordered can be stable or cut off.
    "majority-3": ("view.pml", "-DBALLOTS=3"),
    "majority-3p": ("view.pml", "-DBALLOTS=3 -DPLACES=2"),
    # The same with a reboot of the sequencer, or of another head; B and C are alike.
    "reboot-A": ("view.pml", "-DBALLOTS=3 -DREBOOT_OF=0"),
    "reboot-C": ("view.pml", "-DBALLOTS=3 -DREBOOT_OF=2"),
    # Any of the three may lose power: views of two, of which one goes on. Then two heads from the start.
    "fenced-3": ("view.pml", "-DBALLOTS=2 -DFENCING=7 -DPLACES=2"),
    "majority-2": ("view.pml", "-DHEADS=2 -DBALLOTS=4 -DFENCING=3"),
    # C joins A and B.
    "join": ("view.pml", "-DFIRST=3 -DBALLOTS=3 -DFENCING=3"),
    # Two heads, `fence`, each may lose power at any moment; one reboots; a third one joins.
    "fence-A": ("view.pml", "-DHEADS=2 -DPOLICY_FENCE -DFENCING=7 -DREBOOT_OF=0 -DBALLOTS=4"),
    "fence-B": ("view.pml", "-DHEADS=2 -DPOLICY_FENCE -DFENCING=7 -DREBOOT_OF=1 -DBALLOTS=4"),
    "fence-join": ("view.pml", "-DFIRST=3 -DPOLICY_FENCE -DFENCING=7 -DBALLOTS=3"),
    # Two heads and a witness.
    "witness": ("view.pml", "-DWITNESS=2 -DFENCING=3 -DBALLOTS=3"),
    # C follows the order without a vote, and may be promoted.
    "learner": ("view.pml", "-DFIRST=3 -DLEARNER=2 -DBALLOTS=3 -DFENCING=3"),
    # One leaves. Two places: LEAVE and what comes before or after it.
    "leave-3": ("view.pml", "-DLEAVER=2 -DPLACES=2 -DBALLOTS=2 -DFENCING=3"),
    "leave-fence-A": ("view.pml", "-DHEADS=2 -DLEAVER=0 -DPLACES=2 -DBALLOTS=3 -DPOLICY_FENCE -DFENCING=3"),
    "leave-fence-B": ("view.pml", "-DHEADS=2 -DLEAVER=1 -DPLACES=2 -DBALLOTS=3 -DPOLICY_FENCE -DFENCING=3"),
    # One query. One ballot of three heads: the old view with one unwedged member, and the next one.
    "query-3": ("view.pml", "-DQUERY -DBALLOTS=1"),
    "query-fence": ("view.pml", "-DQUERY -DHEADS=2 -DPOLICY_FENCE -DFENCING=3 -DBALLOTS=3"),
    # The faults stop, in any state that two ballots can lead to.
    "live-3": ("view.pml", "-DLIVE -DBALLOTS=2"),
    "live-fence": ("view.pml", "-DLIVE -DHEADS=2 -DPOLICY_FENCE -DFENCING=3 -DREBOOT_OF=1 -DBALLOTS=2"),
    "live-witness": ("view.pml", "-DLIVE -DWITNESS=2 -DBALLOTS=2"),
    "live-join": ("view.pml", "-DLIVE -DFIRST=3 -DBALLOTS=2 -DFENCING=3"),
    # How the first view comes about, with a reboot of the head that installs it, or of another.
    "initial-A": ("initial.pml", "-DREBOOT_OF=0"),
    "initial-B": ("initial.pml", "-DREBOOT_OF=1"),
    "initial-C": ("initial.pml", "-DREBOOT_OF=2"),
}

# (rules, configuration, wanted, why, when nothing is violated)
DELETIONS = [
    ("R1_answer", "reboot-C", "violated", ""),
    ("R1_accept", "reboot-C", "violated", ""),
    ("R1_fenced", "fence-B", "violated", ""),
    ("R1_nonce", "fence-B", "violated", ""),
    ("R2_fence", "majority-2", "violated", ""),
    ("R2_before", "fence-join", "holds", "in these bounds it is enough when the decision waits for the fence"),
    ("R3_base", "majority-3", "violated", ""),
    ("R3_expelled", "majority-3", "holds", "others' answers and acceptances make it legal: it only ends a vain effort"),
    ("R3_own", "majority-3", "holds", "a coordinator only proposes: the acceptances of others are a legal set too"),
    ("R4_longest", "majority-3", "violated", ""),
    ("R4_installed", "majority-3", "violated", ""),
    ("R4_members", "majority-3", "violated", ""),
    ("R4_legal", "majority-3", "violated", ""),
    ("R5_promised", "majority-3", "violated", ""),
    ("R5_base", "majority-3", "violated", ""),
    ("R5_held", "majority-3", "violated", ""),
    ("R5_same", "reboot-C", "violated", ""),
    ("R5_excluded", "live-3", "violated", ""),
    ("R6_base", "join", "violated", ""),
    ("R6_new", "join", "holds", "a legal set of base is asked by whoever proposes another successor (R7)"),
    ("R6_some", "live-3", "violated", ""),
    ("R7_adopt", "majority-3", "violated", ""),
    ("R7_highest", "majority-3", "violated", ""),
    ("R7_excluding", "majority-3", "violated", ""),
    ("R8_order", "majority-3", "violated", ""),
    ("R8_deliver", "majority-3", "violated", ""),
    ("R8_ack", "majority-3", "violated", ""),
    ("R8_fresh", "majority-3", "holds", "the same members and cut as the fresh one; in three ballots R8_late is enough"),
    ("R8_late", "majority-3", "violated", ""),
    ("R8_stay", "majority-3", "violated", ""),
    ("R9_base", "majority-3", "violated", ""),
    ("R9_discard", "majority-3", "violated", ""),
    ("R9_keep", "majority-3", "holds", "who accepted a later view has installed this one (R5_base)"),
    ("R10_holders", "majority-3", "violated", ""),
    ("R10_views", "majority-3", "violated", ""),
    ("R11_witness", "witness", "violated", ""),
    ("R11_half", "witness", "violated", ""),
    ("R11_data", "witness", "violated", ""),
    ("R11_cut R11_hold", "witness", "violated", ""),
    ("R11_cut", "witness", "holds", "with R11_hold every head has installed base before ACCEPT is sent"),
    ("R11_hold", "live-witness", "violated", ""),
    ("R11_durable", "witness", "violated", ""),
    ("R12_barrier", "query-3", "violated", ""),
    ("R12_highest", "query-3", "violated", ""),
    ("R12_unwedged", "query-3", "holds", "with three heads R12_same leaves no wedged majority of an old view"),
    ("R12_same", "query-3", "violated", ""),
    ("L_votes", "leave-fence-B", "violated", ""),
    ("L_acks", "leave-3", "violated", ""),
    ("L_unwedged", "leave-3", "violated", ""),
    ("L_view", "leave-3", "violated", ""),
    ("L_silent", "learner", "violated", ""),
    ("C_sender", "initial-A", "violated", ""),
    ("C_others", "initial-C", "violated", ""),
]
