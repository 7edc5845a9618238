"""Writes a folder for a data repository, with the data that the public may see."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "deposit", "The folder for a data repository.",
    needs=("checklists",),
    exports={"deposit": ("deposit:write_deposit_folder", "A deposit is the folder for a data repository; it "
                                                          "holds "
                         "what the public may see.")})
